#include "radonc/tasks/study_tasks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "radonc/core/error.hpp"

namespace radonc::tasks {
namespace {

struct KnownTask {
  const char* name;
  std::shared_ptr<const Task> (*make)(const std::vector<data::CaseRecord>& cohort);
};

/// A task that comes with radonc is a line here.
constexpr KnownTask kTasks[] = {
    {"regimen", regimen_task}, {"modality", modality_task_of}, {"icd10", [](const auto&) { return icd10_task(); }}};

std::shared_ptr<const Task> make_known(const std::string& name, const std::vector<data::CaseRecord>& cohort) {
  const auto* found = std::ranges::find(kTasks, name, &KnownTask::name);
  if (found == std::end(kTasks))
    throw Error(fmt::format("There is no task {}. Choose among {}, or pass a task of your own.", name,
                            fmt::join(study_task_names(), ", ")));
  return found->make(cohort);
}

}  // namespace

std::vector<std::string> study_task_names() {
  std::vector<std::string> names;
  for (const KnownTask& task : kTasks) names.emplace_back(task.name);
  return names;
}

TaskList make_tasks(const std::vector<data::CaseRecord>& cohort, const std::vector<TaskChoice>& choices) {
  TaskList all;
  if (choices.empty()) {
    for (const KnownTask& task : kTasks) all.push_back(task.make(cohort));
    return all;
  }
  std::set<std::string> names;
  for (const TaskChoice& choice : choices) {
    const auto* name = std::get_if<std::string>(&choice);
    auto task = name ? make_known(*name, cohort) : std::get<std::shared_ptr<const Task>>(choice);
    if (!task) throw Error("Tasks: expected a task or its name, got nothing.");
    const std::string own = task->name();
    const bool is_plain =
        !own.empty() && std::ranges::all_of(own, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    if (!is_plain)
      throw Error(fmt::format("A task is named \"{}\". It names files: use letters, digits and \"_\".", own));
    if (!names.insert(own).second) throw Error(fmt::format("The task {} was chosen twice. Name each task once.", own));
    all.push_back(std::move(task));
  }
  return all;
}

std::string why_not_studied(const Task& task, const std::vector<Pair>& train, const std::vector<Pair>& test) {
  std::set<std::string> answers;
  for (const Pair& pair : train) answers.insert(pair.answer);
  const auto sentence = [&](const std::string& why) {
    return fmt::format("{} ({}) is not studied: {}.", task.title(), task.name(), why);
  };
  if (answers.empty()) return sentence("no training case has a complete answer");
  if (test.empty()) return sentence("no held-out case has a complete answer");
  if (answers.size() == 1)
    return sentence(
        fmt::format("all {} training cases have one class, so that there is nothing to learn", train.size()));
  return {};
}

}  // namespace radonc::tasks
