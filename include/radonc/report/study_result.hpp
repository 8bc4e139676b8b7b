// What a study found, as plain structs, and its file `study.json`.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "radonc/eval/classification.hpp"
#include "radonc/stats/interval.hpp"
#include "radonc/stats/wilcoxon.hpp"

namespace radonc::report {

/// One model's scores over one task's held-out cases.
struct ModelMetrics {
  std::string model;
  std::size_t n = 0;
  std::size_t num_parsed = 0;
  stats::Estimate accuracy;   ///< right answers / n, Wilson's interval
  stats::Estimate rouge1_f1;  ///< mean over cases, bootstrap interval clustered by patient
  double rouge1_precision = 0;
  double rouge1_recall = 0;
  std::map<std::string, double> partial;  ///< mean of each partial credit, such as "total_dose" or "category"

  // The rest is for tasks with classes only; see TaskResult::has_classes.
  eval::AverageMetrics macro;
  eval::AverageMetrics weighted;
  std::vector<eval::ClassMetrics> classes;
  eval::ConfusionMatrix confusion;
};

/// Always giving the training set's commonest answer.
struct MajorityBaseline {
  std::string label;
  double accuracy = 0;
};

/// One task: the original against the fine-tuned model on the same cases.
struct TaskResult {
  std::string task;
  std::size_t num_train = 0;         ///< training cases
  std::size_t num_patients = 0;      ///< patients among the n held-out cases
  bool has_classes = false;          ///< false for regimens, whose answers are sentences
  std::vector<std::string> labels;   ///< what macro averages run over: the sorted labels of the held-out references
  std::vector<ModelMetrics> models;  ///< original, fine-tuned
  double confidence = 0.95;          ///< of the models' intervals
  MajorityBaseline majority;
  std::string tested_score;                            ///< "accuracy", or "ROUGE-1 F1" for regimens
  stats::WilcoxonResult test;                          ///< fine-tuned greater than original, on tested_score
  double p_holm = 1;                                   ///< test.p_value after Holm's correction over the study's tasks
  std::optional<stats::WilcoxonResult> accuracy_test;  ///< where tested_score is not the accuracy
};

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

/// One held-out case, with both models' answers as generated.
struct Example {
  std::string case_id;
  std::string task;
  std::string reference;
  std::string original;
  std::string fine_tuned;
};

using NamedValue = std::pair<std::string, std::string>;

struct StudyResult {
  std::string model;  ///< name of the base model
  std::vector<FlowRow> flow;
  std::vector<SplitSize> split;
  std::map<std::string, std::vector<std::string>> label_sets;  ///< task → labels of the whole cohort
  std::vector<NamedValue> settings;
  TrainingSummary training;
  std::vector<NamedValue> environment;
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

}  // namespace radonc::report
