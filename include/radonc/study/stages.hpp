// The stages of a study. What one of them needs of those before it are the structs that these return; what they leave
// in StudyConfig::output is used again where it was made from the same inputs, see study::run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/data/cohort.hpp"
#include "radonc/data/split.hpp"
#include "radonc/evaluation/study_result.hpp"
#include "radonc/study/study.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::study {

/// Records → cohort → split → pairs.
struct RADONC_API Prepared {
  tasks::TaskList tasks;  ///< those that can be studied
  data::CohortFlow flow, test_flow;
  data::Split split;
  std::vector<std::vector<tasks::Pair>> train;  ///< by case, its tasks side by side so that they share tokens
  std::vector<tasks::Pair> test;                ///< likewise
  std::map<std::string, std::vector<std::string>> label_sets;  ///< of tasks with classes, over all cases
  std::vector<std::string> left_out;                           ///< a sentence for each task that cannot be studied
  std::vector<evaluation::NamedValue> files;                   ///< name → SHA-256 of what went in and came out

  /// The training pairs of one task, and the held-out ones.
  [[nodiscard]] std::vector<tasks::Pair> train_of(const tasks::Task& task) const;
  [[nodiscard]] std::vector<tasks::Pair> test_of(const tasks::Task& task) const;
};

/// Leaves cohort.jsonl, flow.json, split.json and pairs.jsonl.
RADONC_API Prepared prepare(const StudyConfig& config, const ProgressCallback& callback = {});

class ModelInMemory;

/// Holds one model at a time, loaded when a stage first needs it. Not for several threads at once.
RADONC_API std::shared_ptr<ModelInMemory> model_in_memory(const StudyConfig& config,
                                                          const ProgressCallback& callback = {});

/// An arm's adapter.
struct RADONC_API FineTuned {
  std::filesystem::path adapter;        ///< folder in PEFT's format
  evaluation::TrainingSummary summary;  ///< of the run that made it
};

/// Trains an arm's adapter on one task's pairs, or on all if `task` is null. Leaves adapter…/ and train_log….jsonl.
RADONC_API FineTuned fine_tune(const StudyConfig& config, const Prepared& prepared, const Arm& arm,
                               const tasks::Task* task, ModelInMemory& model, const ProgressCallback& callback = {});

/// What an arm answered, free and, with StudyConfig::confined, confined.
struct RADONC_API Answers {
  evaluation::ArmResult arm;
  std::vector<tasks::Prediction> predictions;
};

/// Fine-tunes what the arm needs and answers the held-out cases. Leaves answers/….jsonl.
RADONC_API Answers answer(const StudyConfig& config, const Prepared& prepared, const Arm& arm, ModelInMemory& model,
                          const ProgressCallback& callback = {});

/// Adds the baselines' answers, and scores and compares all. Leaves predictions.jsonl and scores.jsonl.
RADONC_API evaluation::StudyResult evaluate(const StudyConfig& config, const Prepared& prepared,
                                            const std::vector<Answers>& answers);

/// Leaves study.json and report.html.
RADONC_API void render(const StudyConfig& config, const evaluation::StudyResult& result);

}  // namespace radonc::study
