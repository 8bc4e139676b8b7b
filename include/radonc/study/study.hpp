// The whole road in one call: records → cohort → pairs → fine-tuning → answers → scores → statistics → report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "radonc/evaluation/study_result.hpp"
#include "radonc/generate/generator.hpp"
#include "radonc/lora/lora.hpp"
#include "radonc/model/transformer.hpp"
#include "radonc/study/arm.hpp"
#include "radonc/train/trainer.hpp"

namespace radonc::study {

struct StudyConfig {
  std::filesystem::path records;    ///< JSONL file of case records
  std::filesystem::path model;      ///< GGUF file, or folder of a checkpoint
  std::filesystem::path tokenizer;  ///< empty: the one that comes with the model
  std::filesystem::path output;     ///< folder for everything the study leaves
  std::string model_name;           ///< for the report; empty: the model's file or folder name
  std::string prompt_template;  ///< "chatml", "mistral-v1" …, see text::PromptTemplate; empty: the tokenizer's own
  model::Dtype dtype = model::Dtype::kAuto;
  model::Quantization quantization = model::Quantization::kNone;  ///< kNf4: QLoRA; kInt8: faster
  std::string device = "cpu";                                     ///< or "cuda": of the models, see LoadOptions
  std::int64_t max_train_cases = 0;                               ///< 0: all cases of the training part
  std::int64_t num_test_cases = 200;                              ///< held-out cases
  /// Besides the free answers, both models answer every task whose valid answers are known from these alone: modality
  /// and ICD-10 code from their lists, regimens by their grammar. What remains of the difference is not a matter of
  /// form.
  bool from_list = false;
  /// The models to compare, in the tables' order: the second is tested against the first, and compared with all
  /// others and with two baselines that need no model, see tasks/baselines.hpp.
  std::vector<Arm> arms = default_arms();
  std::uint64_t seed =
      0;  ///< of the split and of the examples in prompts; the trainer and the adapter have seeds of their own
  lora::LoraConfig lora;
  train::TrainConfig train;
  generate::GenerateConfig generate;
};

/// What a run tells while it goes on.
struct Progress {
  std::string stage;      ///< "cohort", "load", an arm's name, "train", "report" …
  std::int64_t done = 0;  ///< steps, or answers
  std::int64_t total = 0;
  std::string message;                   ///< for stages without steps, e.g. the cohort's flow
  std::optional<train::TrainStep> step;  ///< while training
};

/// An exception that it throws ends the run.
using ProgressCallback = std::function<void(const Progress&)>;

/// Runs the study and leaves in `output`: flow.json, cohort.jsonl, split.json, pairs.jsonl, adapter/ (PEFT's format)
/// and train_log.jsonl (other arms' under their names, "adapter-each-task-icd10"), predictions.jsonl, scores.jsonl,
/// study.json and report.html.
/// Throws radonc::Error for bad records, arms that cannot run, an empty cohort, a task whose training set has one
/// class, a model or tokenizer that cannot be read or that do not belong together, and an output folder that cannot be
/// written.
evaluation::StudyResult run(const StudyConfig& config, const ProgressCallback& callback = {});

}  // namespace radonc::study
