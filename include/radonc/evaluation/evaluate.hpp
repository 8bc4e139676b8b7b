// Scores become results: everything that a study prints of its models follows from scores.jsonl alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/evaluation/task_result.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::evaluation {

struct RADONC_API EvaluateOptions {
  double confidence = 0.95;
  std::size_t num_replicates = 2000;  ///< bootstrap replicates
  std::size_t min_subgroup = 10;      ///< cases; smaller groups are put together, and left out if they stay smaller
  std::uint64_t seed = 0;
};

/// One result a task and set of allowed answers, in the order in which these first occur. Models are listed as they
/// first occur, the baselines (tasks/baselines.hpp) last; scores are paired by case_id. The second model is tested,
/// one-sided, for being better than the first (Wilcoxon signed-rank, zeros left out): in accuracy for tasks with
/// classes; in ROUGE-1 F1, and in accuracy besides, for those without. It is compared, two-sided, with every further
/// one. p comes from the exact permutation distribution where fewer than stats::kFewPairs pairs differ, and from the
/// normal approximation beyond. Beyond the order of tasks and models the order of the scores does not matter. Throws
/// radonc::Error if there are no scores or fewer than two models besides the baselines; and naming the case if one is
/// missing for a model, occurs twice, or has two references.
RADONC_API std::vector<TaskResult> evaluate(const std::vector<tasks::Score>& scores,
                                            const EvaluateOptions& options = {});

}  // namespace radonc::evaluation
