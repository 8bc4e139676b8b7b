// One of the models that a study compares.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::study {

enum class Training {
  kNone,
  kAllTasks,  ///< one adapter, trained on all tasks together
  kEachTask,  ///< an adapter for each task, trained on its pairs alone
};

/// Weights, adapter and prompt under a name. By default the study's own model, as it is.
struct RADONC_API Arm {
  std::string name;  ///< in every table and file; not one of the baselines' and not "reference"
  Training training = Training::kNone;
  std::int64_t num_examples = 0;  ///< training cases shown in the prompt, with their answers
  std::filesystem::path model;    ///< GGUF file, or folder of a checkpoint; empty: the study's
  std::filesystem::path adapter;  ///< a finished adapter in PEFT's format; empty: none
  std::string prompt_template;    ///< empty: the study's, or for another model its tokenizer's own
};

/// The original against the fine-tuned model.
RADONC_API std::vector<Arm> default_arms();

/// Arms from a JSON array of objects with the struct's fields: {"name": "seven billion", "model": "mistral-7b",
/// "num_examples": 3}; "training" is "none", "all tasks" or "each task"; only the name is required.
/// Throws radonc::Error naming the arm and the field for anything else.
RADONC_API std::vector<Arm> arms_from_json(std::string_view json);

}  // namespace radonc::study
