#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/core/sha256.hpp"
#include "radonc/core/version.hpp"
#include "radonc/data/read_cases.hpp"
#include "radonc/study/stages.hpp"
#include "radonc/tasks/pair_io.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "study/flow.hpp"
#include "study/stage_book.hpp"

namespace radonc::study {
namespace {

constexpr std::int64_t kTestCases = 200;

struct Read {
  std::vector<data::CaseRecord> cases;
  std::string sha256;
};

std::string lines_of(const std::vector<data::CaseRecord>& cases) {
  std::string lines;
  for (const data::CaseRecord& record : cases) lines += data::to_json(record) + "\n";
  return lines;
}

Read read(const Records& records) {
  if (const auto* path = std::get_if<std::filesystem::path>(&records))
    return {data::read_cases(*path), sha256_of_file(*path)};
  const auto& cases = std::get<std::vector<data::CaseRecord>>(records);
  return {cases, core::sha256_hex(lines_of(cases))};
}

/// The pairs of every case, its tasks side by side so that they share the details' tokens.
std::vector<std::vector<tasks::Pair>> build_pairs(const std::vector<data::CaseRecord>& cases,
                                                  const tasks::TaskList& all) {
  std::vector<std::vector<tasks::Pair>> pairs;
  for (const data::CaseRecord& record : cases) {
    std::vector<tasks::Pair> own;
    for (const auto& task : all)
      if (task->reference(record)) own.push_back(task->build_pair(record));
    if (!own.empty()) pairs.push_back(std::move(own));
  }
  return pairs;
}

std::vector<tasks::Pair> flat(const std::vector<std::vector<tasks::Pair>>& pairs) {
  std::vector<tasks::Pair> all;
  for (const auto& own : pairs) all.insert(all.end(), own.begin(), own.end());
  return all;
}

std::vector<tasks::Pair> of_task(const std::vector<tasks::Pair>& pairs, const tasks::Task& task) {
  const std::string name = task.name();
  std::vector<tasks::Pair> own;
  std::ranges::copy_if(pairs, std::back_inserter(own), [&](const tasks::Pair& pair) { return pair.task == name; });
  return own;
}

/// Rare answers are a subgroup of their own.
void add_answer_frequency(const tasks::Task& task, const std::vector<tasks::Pair>& train,
                          std::vector<tasks::Pair>& test) {
  const std::string name = task.name();
  for (tasks::Pair& pair : test) {
    if (pair.task != name) continue;
    const auto count = std::ranges::count(train, pair.answer, &tasks::Pair::answer);
    pair.subgroups.emplace_back("training cases with the same answer",
                                count == 0 ? "none" : (count < 10 ? "1 to 9" : "10 or more"));
  }
}

/// Takes the tasks that cannot be studied out of `prepared`, and says why.
void leave_out_tasks(Prepared& prepared) {
  tasks::TaskList studied;
  for (const auto& task : prepared.tasks) {
    const std::string why = why_not_studied(*task, prepared.train_of(*task), prepared.test_of(*task));
    if (why.empty())
      studied.push_back(task);
    else
      prepared.left_out.push_back(why);
  }
  if (studied.empty())
    throw Error(fmt::format("There is nothing to study. {} Check the records' fields, or add cases.",
                            fmt::join(prepared.left_out, " ")));
  if (studied.size() == prepared.tasks.size()) return;
  prepared.tasks = studied;
  const auto is_left_out = [&](const tasks::Pair& pair) {
    return std::ranges::none_of(studied, [&](const auto& task) { return task->name() == pair.task; });
  };
  std::erase_if(prepared.test, is_left_out);
  for (auto& own : prepared.train) std::erase_if(own, is_left_out);
  std::erase_if(prepared.train, [](const auto& own) { return own.empty(); });
}

std::vector<NamedValue> inputs_of(const StudyConfig& config, const std::string& records,
                                  const std::string& test_records, const tasks::TaskList& all) {
  std::vector<std::string> names;
  for (const auto& task : all) names.push_back(task->name());
  return {{"records", records},
          {"test records", test_records},
          {"tasks", fmt::format("{}", fmt::join(names, ", "))},
          {"held-out cases", config.num_test_cases ? fmt::format("{}", *config.num_test_cases) : "default"},
          {"training cases at most", fmt::format("{}", config.max_train_cases)},
          {"seed", fmt::format("{}", config.seed)},
          {"radonc", std::string(core::version())}};
}

/// Writes the files, or finds them as they are. The same inputs must give the same files: else a task's code changed.
void leave(const StudyConfig& config, const std::vector<NamedValue>& inputs,
           const std::vector<std::pair<std::string, std::string>>& files, Prepared& prepared) {
  const StageBook book(config.output);
  std::vector<std::string> names;
  const auto before = book.finished("prepare", inputs);
  for (const auto& [name, content] : files) {
    const std::string hash = core::sha256_hex(content);
    if (before && value_of(before->files, name) != hash)
      throw Error(
          fmt::format("{}: {} comes out otherwise than when this study began, from the same records and "
                      "settings: the code of a task changed. Choose another folder, or make everything anew "
                      "(fresh, --fresh).",
                      config.output.string(), name));
    if (!before) core::write_file_atomically(config.output / name, content);
    names.push_back(name);
    prepared.files.emplace_back(name, hash);
  }
  if (!before) book.finish({.stage = "prepare", .inputs = inputs}, names);
}

}  // namespace

std::vector<tasks::Pair> Prepared::train_of(const tasks::Task& task) const {
  return of_task(flat(train), task);
}

std::vector<tasks::Pair> Prepared::test_of(const tasks::Task& task) const {
  return of_task(test, task);
}

Prepared prepare(const StudyConfig& config, const ProgressCallback& callback) {
  const Read records = read(config.records);
  data::Cohort cohort = data::select_cohort(records.cases);
  Prepared prepared{.flow = cohort.flow};
  data::SplitOptions options{.num_test = static_cast<std::size_t>(config.num_test_cases.value_or(kTestCases)),
                             .max_train = static_cast<std::size_t>(config.max_train_cases),
                             .seed = config.seed};
  std::vector<data::CaseRecord> cases = cohort.cases;
  std::string test_sha256;
  if (config.test_records) {
    const Read read_test = read(*config.test_records);
    test_sha256 = read_test.sha256;
    const data::Cohort test = data::select_cohort(read_test.cases);
    options.num_test = static_cast<std::size_t>(config.num_test_cases.value_or(0));
    const auto split = data::split_by_cohort(cohort.cases, test.cases, options);
    prepared.flow.steps.push_back(
        {"patient not among the test records", split.num_dropped, cohort.cases.size() - split.num_dropped});
    prepared.test_flow = test.flow;
    prepared.split = split;
    cases.insert(cases.end(), test.cases.begin(), test.cases.end());
  } else {
    prepared.split = data::split_by_patient(cohort.cases, options);
  }
  prepared.tasks = tasks::make_tasks(cases, config.tasks);
  const auto inputs = inputs_of(config, records.sha256, test_sha256, prepared.tasks);
  prepared.train = build_pairs(prepared.split.train, prepared.tasks);
  prepared.test = flat(build_pairs(prepared.split.test, prepared.tasks));
  const std::string flow = flow_json(prepared, cases);
  const std::string text = flow_text(prepared, cases);
  leave_out_tasks(prepared);
  for (const auto& task : prepared.tasks) {
    add_answer_frequency(*task, prepared.train_of(*task), prepared.test);
    if (task->has_classes()) prepared.label_sets[task->name()] = labels_of(*task, cases);
  }
  std::string pairs;
  for (const tasks::Pair& pair : flat(prepared.train)) pairs += tasks::to_json(pair) + "\n";
  for (const tasks::Pair& pair : prepared.test) pairs += tasks::to_json(pair) + "\n";
  prepared.files.emplace_back("records", records.sha256);
  if (config.test_records) prepared.files.emplace_back("test records", test_sha256);
  leave(config, inputs,
        {{"cohort.jsonl", lines_of(cases)},
         {"flow.json", flow},
         {"split.json", data::to_json(prepared.split)},
         {"pairs.jsonl", pairs}},
        prepared);
  if (callback)
    callback({.stage = "prepare", .message = fmt::format("{}{}", text, fmt::join(prepared.left_out, "\n"))});
  return prepared;
}

}  // namespace radonc::study
