#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "evaluation/case_scores.hpp"
#include "radonc/stats/multiple_testing.hpp"

namespace radonc::evaluation {
namespace {

using Group = std::pair<std::string, std::vector<std::string>>;  // value, case_ids

/// The cases of each value of a variable, the largest group first, small ones together. What is small even together is
/// left out: a handful of cases says nothing of a group, and something of a patient.
std::vector<Group> groups_of(const CaseScores& scores, const std::string& variable, std::size_t min_cases) {
  std::map<std::string, std::vector<std::string>> by_value;
  for (const auto& [id, score] : scores)
    for (const auto& [name, value] : score->subgroups)
      if (name == variable) by_value[value].push_back(id);
  std::vector<Group> groups;
  Group other;
  std::size_t num_small = 0;
  for (auto& [value, ids] : by_value) {
    if (ids.size() >= min_cases) {
      groups.emplace_back(value, std::move(ids));
    } else {
      other.second.insert(other.second.end(), ids.begin(), ids.end());
      ++num_small;
    }
  }
  std::ranges::stable_sort(groups, std::greater{}, [](const Group& group) { return group.second.size(); });
  if (other.second.size() >= min_cases) {
    other.first = fmt::format("other ({} values)", num_small);
    groups.push_back(std::move(other));
  }
  return groups;
}

CaseScores only(const CaseScores& scores, const std::vector<std::string>& ids) {
  CaseScores chosen;
  for (const std::string& id : ids) chosen.emplace(id, scores.at(id));
  return chosen;
}

}  // namespace

std::vector<Subgroup> subgroups_of(const CaseScores& before, const CaseScores& after, Getter get,
                                   const EvaluateOptions& options) {
  std::vector<std::string> variables;
  for (const auto& [id, score] : before)
    for (const auto& [name, value] : score->subgroups)
      if (std::ranges::find(variables, name) == variables.end()) variables.push_back(name);

  std::vector<Subgroup> subgroups;
  std::vector<double> p_values;
  for (const std::string& variable : variables) {
    const auto groups = groups_of(before, variable, options.min_subgroup);
    if (groups.size() < 2) continue;  // nothing to tell apart
    for (const auto& [value, ids] : groups) {
      const CaseScores first = only(before, ids), second = only(after, ids);
      const auto x = collect(second, get), y = collect(first, get);
      const auto patients = patients_of(first);
      const auto difference = differences(second, first, get);
      const auto test = signed_rank_test(x, y, stats::Alternative::kGreater);
      Subgroup group{.variable = variable,
                     .value = value,
                     .n = ids.size(),
                     .num_patients = std::set(patients.begin(), patients.end()).size(),
                     .difference = stats::bootstrap_mean_interval(difference, patients, options.confidence,
                                                                  options.num_replicates, options.seed),
                     .p_value = test.p_value,
                     .method = test.method};
      for (std::size_t i = 0; i < ids.size(); ++i) {
        group.before += y[i] / static_cast<double>(ids.size());
        group.after += x[i] / static_cast<double>(ids.size());
      }
      p_values.push_back(group.p_value);
      subgroups.push_back(std::move(group));
    }
  }
  const auto adjusted = stats::benjamini_hochberg(p_values);
  for (std::size_t i = 0; i < subgroups.size(); ++i) subgroups[i].p_adjusted = adjusted[i];
  return subgroups;
}

}  // namespace radonc::evaluation
