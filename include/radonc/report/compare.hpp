// Two models' scores on the same cases become one task's result.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "radonc/report/study_result.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::report {

struct CompareOptions {
  double confidence = 0.95;
  std::size_t num_replicates = 2000;  ///< bootstrap replicates
  std::uint64_t seed = 0;
};

/// Pairs the scores by case_id and tests, one-sided, whether the fine-tuned model's are greater (Wilcoxon signed-rank,
/// zeros left out): the accuracy for tasks with classes; ROUGE-1 F1, and the accuracy besides, for "regimen".
///   majority_label: the training set's commonest answer (eval::majority_class)
/// The result does not depend on the scores' order. p_holm is the raw p until apply_holm.
/// Throws radonc::Error naming the case if it is missing on one side, occurs twice, is of another task, or has two
/// references; and if there are no cases.
TaskResult compare(const std::string& task, const std::vector<tasks::Score>& original,
                   const std::vector<tasks::Score>& fine_tuned, const std::string& majority_label,
                   std::size_t num_train, const CompareOptions& options = {});

/// The name under which answers from a task's list of valid ones are compared: "modality" → "modality_from_list".
std::string from_list(const std::string& task);

/// Sets p_holm of every task from the p-values of all of them.
void apply_holm(std::vector<TaskResult>& tasks);

}  // namespace radonc::report
