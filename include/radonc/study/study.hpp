// The whole road in one call: records → cohort → pairs → fine-tuning → answers → scores → statistics → report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/data/case_record.hpp"
#include "radonc/evaluation/study_result.hpp"
#include "radonc/generate/generator.hpp"
#include "radonc/lora/lora.hpp"
#include "radonc/model/transformer.hpp"
#include "radonc/study/arm.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "radonc/train/trainer.hpp"

namespace radonc::study {

/// A JSONL file of case records, or the cases themselves.
using Records = std::variant<std::filesystem::path, std::vector<data::CaseRecord>>;

struct RADONC_API StudyConfig {
  Records records;
  std::filesystem::path model;      ///< GGUF file, or folder of a checkpoint
  std::filesystem::path tokenizer;  ///< empty: the one that comes with the model
  std::filesystem::path output;     ///< folder for everything the study leaves
  /// Held-out cases of their own, such as another hospital's. The cohort's rules hold for both, and whose patients are
  /// among them is not trained on. Without them the held-out cases are split off `records`, by patient.
  std::optional<Records> test_records;
  std::optional<std::int64_t> num_test_cases;  ///< held-out cases; by default 200, or all of `test_records`
  std::int64_t max_train_cases = 0;            ///< 0: all cases of the training part
  /// What is asked, in the tables' order: names of tasks that come with radonc, or tasks of one's own; none: the
  /// study's three. One that cannot be studied is left out with a sentence, unless it is the only one.
  std::vector<tasks::TaskChoice> tasks;
  std::string model_name;       ///< for the report; empty: the model's file or folder name
  std::string prompt_template;  ///< "chatml", "mistral-v1" …, see text::PromptTemplate; empty: the tokenizer's own
  model::Dtype dtype = model::Dtype::kAuto;
  model::Quantization quantization = model::Quantization::kNone;  ///< kNf4: QLoRA; kInt8: faster
  std::string device = "cpu";                                     ///< or "cuda": of the models, see LoadOptions
  /// Besides the free answers, all models answer every task whose valid answers are known confined to these: modality
  /// and ICD-10 code to their lists, regimens to their grammar. What remains of the difference is not a matter of form.
  bool confined = false;
  /// The models to compare, in the tables' order: the second is tested against the first, and compared with all
  /// others and with two baselines that need no model, see tasks/baselines.hpp.
  std::vector<Arm> arms = default_arms();
  std::uint64_t seed =
      0;  ///< of the split and of the examples in prompts; the trainer and the adapter have seeds of their own
  lora::LoraConfig lora;
  train::TrainConfig train;
  generate::GenerateConfig generate;
  bool fresh = false;  ///< takes away what stages left in `output`, and makes everything anew
};

/// What a run tells while it goes on.
struct RADONC_API Progress {
  std::string stage;      ///< "prepare", "load", an arm's name, "train", "evaluate", "report" …
  std::int64_t done = 0;  ///< steps, or answers
  std::int64_t total = 0;
  std::string message;                   ///< for what has no steps, e.g. the cohort's flow, or what is used again
  std::optional<train::TrainStep> step;  ///< while training
};

/// An exception that it throws ends the run.
using ProgressCallback = std::function<void(const Progress&)>;

/// Runs the stages of study/stages.hpp one after the other, and leaves in `output`: cohort.jsonl, flow.json,
/// split.json, pairs.jsonl, adapter/ (PEFT's format) and train_log.jsonl (other arms' under their names,
/// "adapter-each-task-icd10"), answers/, predictions.jsonl, scores.jsonl, study.json and report.html; and in stages/
/// what each stage was made from.
///
/// Given the same folder again, it goes on where it was stopped, by whatever: a stage that finished is used again, and
/// the result is that of a run that never stopped, times apart. A further arm, or `confined`, costs its own stages
/// alone. Throws radonc::Error for what a folder's stages were made from otherwise, naming the differences (see
/// `fresh`); for a folder in which another run is writing; for bad records, arms that cannot run, an empty cohort, a
/// model or tokenizer that cannot be read or that do not belong together, and an output folder that cannot be written.
RADONC_API evaluation::StudyResult run(const StudyConfig& config, const ProgressCallback& callback = {});

}  // namespace radonc::study
