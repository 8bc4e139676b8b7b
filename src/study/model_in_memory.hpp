// The models that arms answer with, one in memory at a time. Private.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "radonc/study/stages.hpp"
#include "study/stage_book.hpp"

namespace radonc::study {

class ModelInMemory {
 public:
  ModelInMemory(const StudyConfig& config, ProgressCallback callback);

  // What is known of an arm's model without loading its weights.

  /// For the report.
  [[nodiscard]] std::string name_of(const Arm& arm) const;
  /// Its files and its tokenizer's → SHA-256.
  [[nodiscard]] const std::vector<NamedValue>& files_of(const Arm& arm);
  [[nodiscard]] text::PromptTemplate template_of(const Arm& arm);
  [[nodiscard]] std::shared_ptr<const text::Tokenizer> tokenizer_of(const Arm& arm);
  /// Everything about it that answers and adapters depend on.
  [[nodiscard]] std::vector<NamedValue> inputs_of(const Arm& arm);

  // What loads it, if it is not the one in memory. Two models never are.

  /// The model without an adapter.
  model::Transformer& plain(const Arm& arm);
  /// The model with the adapter in that folder; none if the path is empty.
  model::Transformer& adapted(const Arm& arm, const std::filesystem::path& adapter);
  /// Its parameters, the type and the fingerprint of its weights.
  [[nodiscard]] std::vector<NamedValue> facts_of(const Arm& arm);

 private:
  /// Whether the arm brings a model of its own.
  [[nodiscard]] bool is_own(const Arm& arm) const;
  [[nodiscard]] const std::filesystem::path& path_of(const Arm& arm) const;
  [[nodiscard]] std::filesystem::path tokenizer_path_of(const Arm& arm) const;
  void load(const Arm& arm);

  StudyConfig config_;
  ProgressCallback callback_;
  std::map<std::filesystem::path, std::shared_ptr<const text::Tokenizer>> tokenizers_;
  std::map<std::filesystem::path, std::vector<NamedValue>> files_;
  std::filesystem::path loaded_, adapter_;  // of the model in memory
  std::optional<model::Transformer> model_;
};

/// The SHA-256 of all names and hashes together.
std::string digest_of(const std::vector<NamedValue>& files);

/// The regular files of a checkpoint or an adapter → SHA-256, under `prefix`; of a file, itself.
std::vector<NamedValue> hashed_files(const std::filesystem::path& path, const std::string& prefix);

}  // namespace radonc::study
