// What a study found, as plain structs, and its file `study.json`.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/evaluation/task_result.hpp"

namespace radonc::evaluation {

struct RADONC_API FlowRow {
  std::string rule;
  std::size_t dropped = 0;
  std::size_t left = 0;
};

struct RADONC_API SplitSize {
  std::string part;  ///< "train", "validation" or "test"
  std::size_t cases = 0;
  std::size_t patients = 0;
};

struct RADONC_API LossPoint {
  std::size_t step = 0;
  double loss = 0;  ///< mean over the step's supervised tokens, in nats
};

struct RADONC_API TrainingSummary {
  std::string task;  ///< the title of the task it was trained on; empty: all of them
  std::size_t steps = 0;
  std::size_t tokens = 0;
  double seconds = 0;
  double final_loss = 0;
  std::vector<LossPoint> curve;
};

/// What a task asked the models.
struct RADONC_API TaskPrompt {
  std::string task;
  std::string title;
  std::string system;
  std::string question;
  std::string comparison;  ///< tasks::Task::comparison
};

using NamedValue = std::pair<std::string, std::string>;

/// One of the models, and all that its answers rest on.
struct RADONC_API ArmResult {
  std::string name;
  std::string description;           ///< "Mistral-7B, 3 examples in the prompt"
  std::string model;                 ///< name of the base model
  std::string prompts;               ///< SHA-256 of all that it was asked: the same for arms that were asked the same
  std::vector<NamedValue> settings;  ///< of its weights, adapter, prompts and decoding
  std::vector<TrainingSummary> training;  ///< one a training run
  std::vector<NamedValue> files;          ///< name → SHA-256 of its weights, tokenizer and adapters
};

/// One held-out case, with every model's answer as generated.
struct RADONC_API Example {
  std::string case_id;
  std::string task;
  std::string title;
  std::string reference;
  std::vector<NamedValue> answers;  ///< model → answer
};

struct RADONC_API StudyResult {
  std::vector<ArmResult> arms;  ///< in the tables' order; empty where the scores alone are known
  std::vector<FlowRow> flow;
  std::vector<FlowRow> test_flow;  ///< of test records of their own; empty where the held-out cases were split off
  std::vector<SplitSize> split;
  std::map<std::string, std::vector<std::string>> label_sets;  ///< task → labels of the whole cohort
  std::vector<std::string> left_out;                           ///< a sentence for each task that could not be studied
  std::vector<NamedValue> settings;                            ///< of the study as a whole
  std::vector<NamedValue> environment;
  std::vector<NamedValue> files;  ///< name → SHA-256 of the records and of what the scores rest on
  std::vector<TaskPrompt> prompts;
  std::vector<Example> examples;
  std::vector<TaskResult> tasks;
  double peak_memory_bytes = 0;
  double wall_seconds = 0;
};

/// `study.json`: keys in the structs' order, numbers in full double precision.
/// Throws radonc::Error naming the field if a number is not finite.
RADONC_API std::string to_json(const StudyResult& result);

/// Reads what to_json wrote. Throws radonc::Error naming the field, or the byte where the text stops being JSON.
RADONC_API StudyResult study_result_from_json(std::string_view json);

}  // namespace radonc::evaluation
