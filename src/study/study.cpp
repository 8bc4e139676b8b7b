#include "radonc/study/study.hpp"

#include <fmt/format.h>

#include <chrono>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/study/stages.hpp"
#include "study/arm_rules.hpp"
#include "study/folder_lock.hpp"
#include "study/settings.hpp"
#include "study/stage_book.hpp"

namespace radonc::study {
namespace {

void check(const StudyConfig& config) {
  if (config.num_test_cases && *config.num_test_cases <= 0)
    throw Error(fmt::format("StudyConfig.num_test_cases: expected at least 1, got {}.", *config.num_test_cases));
  if (config.max_train_cases < 0)
    throw Error(fmt::format("StudyConfig.max_train_cases: expected 0 (all) or more, got {}.", config.max_train_cases));
  if (config.generate.answers)
    throw Error("StudyConfig.generate.answers: a study's tasks know their valid answers. Use StudyConfig.confined.");
  check_arms(config.arms);
}

}  // namespace

evaluation::StudyResult run(const StudyConfig& config, const ProgressCallback& callback) {
  check(config);
  const auto start = std::chrono::steady_clock::now();
  core::require_writable_folder(config.output);
  const FolderLock lock(config.output);
  core::remove_unfinished_files(config.output);
  if (config.fresh)
    StageBook(config.output).clear();
  else if (std::filesystem::exists(config.output / "study.json") && !std::filesystem::exists(config.output / "stages"))
    throw Error(
        fmt::format("{}: holds a study without the records of its stages, such as an earlier version's. Choose "
                    "another folder, or make everything anew (fresh, --fresh).",
                    config.output.string()));

  const Prepared prepared = prepare(config, callback);
  const auto model = model_in_memory(config, callback);
  std::vector<Answers> answers;
  for (const Arm& arm : config.arms) answers.push_back(answer(config, prepared, arm, *model, callback));
  evaluation::StudyResult result = evaluate(config, prepared, answers);
  result.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.peak_memory_bytes = peak_memory_bytes();
  render(config, result);
  if (callback) callback({.stage = "report", .message = (config.output / "report.html").string()});
  return result;
}

}  // namespace radonc::study
