// What a study found, as plain structs, and its file `study.json`.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "radonc/evaluation/task_result.hpp"

namespace radonc::evaluation {

struct FlowRow {
  std::string rule;
  std::size_t dropped = 0;
  std::size_t left = 0;
};

struct SplitSize {
  std::string part;  ///< "train", "validation" or "test"
  std::size_t cases = 0;
  std::size_t patients = 0;
};

struct LossPoint {
  std::size_t step = 0;
  double loss = 0;  ///< mean over the step's supervised tokens, in nats
};

struct TrainingSummary {
  std::string model;  ///< whose: "fine-tuned"
  std::size_t steps = 0;
  std::size_t tokens = 0;
  double seconds = 0;
  double final_loss = 0;
  std::vector<LossPoint> curve;
};

/// What a task asked the models.
struct TaskPrompt {
  std::string task;
  std::string system;
  std::string question;
};

using NamedValue = std::pair<std::string, std::string>;

/// One held-out case, with every model's answer as generated.
struct Example {
  std::string case_id;
  std::string task;
  std::string reference;
  std::vector<NamedValue> answers;  ///< model → answer
};

struct StudyResult {
  std::string model;               ///< name of the base model
  std::vector<NamedValue> models;  ///< every model's name → what it is: weights, adapter, examples in the prompt
  std::vector<FlowRow> flow;
  std::vector<SplitSize> split;
  std::map<std::string, std::vector<std::string>> label_sets;  ///< task → labels of the whole cohort
  std::vector<NamedValue> settings;
  std::vector<TrainingSummary> training;  ///< one a training run
  std::vector<NamedValue> environment;
  std::vector<NamedValue> files;  ///< name → SHA-256 of what went in and of what the scores rest on
  std::vector<TaskPrompt> prompts;
  std::vector<Example> examples;
  std::vector<TaskResult> tasks;
  double peak_memory_bytes = 0;
  double wall_seconds = 0;
};

/// `study.json`: keys in the structs' order, numbers in full double precision.
/// Throws radonc::Error naming the field if a number is not finite.
std::string to_json(const StudyResult& result);

/// Reads what to_json wrote. Throws radonc::Error naming the field, or the byte where the text stops being JSON.
StudyResult study_result_from_json(std::string_view json);

}  // namespace radonc::evaluation
