// One model's scores on one task, by case.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "radonc/evaluation/evaluate.hpp"
#include "radonc/evaluation/task_result.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::evaluation {

/// By case_id; every model of a task has the same keys.
using CaseScores = std::map<std::string, const tasks::Score*>;

using Getter = double (*)(const tasks::Score&);
inline double correct(const tasks::Score& score) {
  return score.correct;
}
inline double rouge1_f1(const tasks::Score& score) {
  return score.rouge1.f1;
}

/// In the order of the cases.
std::vector<double> collect(const CaseScores& scores, Getter get);
std::vector<std::string> patients_of(const CaseScores& scores);
/// after - before, case by case.
std::vector<double> differences(const CaseScores& after, const CaseScores& before, Getter get);

/// The signed-rank test as all results have it: exact where few pairs differ, see evaluate().
stats::WilcoxonResult signed_rank_test(const std::vector<double>& first, const std::vector<double>& second,
                                       stats::Alternative side);

ModelMetrics metrics_of(const CaseScores& scores, bool has_classes, const EvaluateOptions& options);

std::vector<Subgroup> subgroups_of(const CaseScores& before, const CaseScores& after, Getter get,
                                   const EvaluateOptions& options);

}  // namespace radonc::evaluation
