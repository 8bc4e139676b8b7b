#include "radonc/tasks/study_tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/data/course.hpp"

namespace radonc::tasks {

std::vector<std::shared_ptr<const Task>> study_tasks(const std::vector<data::CaseRecord>& cohort) {
  std::set<std::string> labels;
  for (const data::CaseRecord& record : cohort) {
    if (record.courses.size() != 1) continue;
    if (const auto read = data::recorded_modality(record.courses[0]); read.value) labels.insert(to_string(*read.value));
  }
  std::vector<std::shared_ptr<const Task>> all = {regimen_task(cohort), modality_task({labels.begin(), labels.end()}),
                                                  icd10_task()};
  for (const auto& task : all) {
    if (std::none_of(cohort.begin(), cohort.end(),
                     [&](const auto& record) { return task->reference(record).has_value(); })) {
      throw Error(fmt::format("No case of the cohort has a complete answer for the task {}. Check the records' fields.",
                              task->name()));
    }
  }
  return all;
}

void require_two_classes(const std::string& task, const std::vector<std::string>& answers) {
  const std::set<std::string> classes(answers.begin(), answers.end());
  if (classes.size() >= 2) return;
  throw Error(fmt::format(
      "Task {}: the {} training cases have {} ({}), so there is nothing to learn. Add cases, or raise "
      "the number of training cases.",
      task, answers.size(), classes.empty() ? "no answer" : "one class", classes.empty() ? "none" : *classes.begin()));
}

}  // namespace radonc::tasks
