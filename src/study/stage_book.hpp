// What each stage left in a study's folder, and what it was made from. Private.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "radonc/evaluation/study_result.hpp"

namespace radonc::study {

using evaluation::NamedValue;

/// One finished stage.
struct StageRecord {
  std::string stage;               ///< "prepare", "answer fine-tuned"; names the record's file
  std::vector<NamedValue> inputs;  ///< everything that what it left depends on
  std::vector<NamedValue> facts;   ///< what a later run wants to know of it without making it again
  std::vector<NamedValue> files;   ///< name in the folder → SHA-256 of what it left
};

/// The records in `folder`/stages, a JSON file each. A record is written behind the files that it names, so that a
/// stage that was stopped has none.
class StageBook {
 public:
  explicit StageBook(std::filesystem::path folder);

  /// The stage's record if it finished with these inputs and its files are as it left them; nothing if it did not
  /// finish. Throws radonc::Error naming the differences if it was made from other inputs, or the file that changed.
  [[nodiscard]] std::optional<StageRecord> finished(const std::string& stage,
                                                    const std::vector<NamedValue>& inputs) const;

  /// Adds the SHA-256 of the files, and writes the record.
  StageRecord finish(StageRecord record, const std::vector<std::string>& files) const;

  /// Takes away every file that a record names, and the records.
  void clear() const;

 private:
  [[nodiscard]] std::filesystem::path path_of(const std::string& stage) const;

  std::filesystem::path folder_;
};

/// SHA-256 of a file's content.
std::string sha256_of_file(const std::filesystem::path& path);

/// The value of that name; empty if there is none.
std::string value_of(const std::vector<NamedValue>& values, const std::string& name);

/// Letters and digits of `name`; all else becomes "-". For files.
std::string file_name_of(const std::string& name);

}  // namespace radonc::study
