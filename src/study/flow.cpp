#include "study/flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace radonc::study {
namespace {

using Counts = std::map<std::string, std::size_t>;

/// What the cases' records say for a task.
struct Answered {
  std::size_t complete = 0;
  Counts reasons;  // of cases without an answer
  Counts remarks;
  Counts labels;
};

Answered answered(const tasks::Task& task, const std::vector<data::CaseRecord>& cases) {
  Answered counts;
  for (const data::CaseRecord& record : cases) {
    const tasks::Reference reference = task.reference(record);
    if (!reference) {
      ++counts.reasons[reference.reason.empty() ? "not recorded" : reference.reason];
      continue;
    }
    ++counts.complete;
    ++counts.labels[*reference];
    if (!reference.remark.empty()) ++counts.remarks[reference.remark];
  }
  return counts;
}

nlohmann::ordered_json json_of(const data::CohortFlow& flow) {
  nlohmann::ordered_json json = {{"records", flow.records}, {"steps", nlohmann::ordered_json::array()}};
  for (const data::FlowStep& step : flow.steps)
    json["steps"].push_back({{"rule", step.rule}, {"dropped", step.dropped}, {"left", step.left}});
  return json;
}

}  // namespace

std::string flow_json(const Prepared& prepared, const std::vector<data::CaseRecord>& cases) {
  nlohmann::ordered_json content = json_of(prepared.flow);
  if (prepared.test_flow.records > 0) content["test_records"] = json_of(prepared.test_flow);
  for (const auto& task : prepared.tasks) {
    const Answered counts = answered(*task, cases);
    content["tasks"][task->name()] = {
        {"complete", counts.complete}, {"incomplete", counts.reasons}, {"remarks", counts.remarks}};
  }
  return content.dump(1) + "\n";
}

std::string flow_text(const Prepared& prepared, const std::vector<data::CaseRecord>& cases) {
  constexpr std::size_t kFewLabels = 12;
  std::string text = prepared.flow.to_text() + "\n";
  if (prepared.test_flow.records > 0) text += "test records\n" + prepared.test_flow.to_text() + "\n";
  const auto list = [&](const Counts& counts, const char* before) {
    for (const auto& [name, count] : counts) text += fmt::format("    {:>5}  {}{}\n", count, before, name);
  };
  for (const auto& task : prepared.tasks) {
    const Answered counts = answered(*task, cases);
    text += fmt::format("{}: {} cases with a complete answer ({} to train on, {} held out)\n", task->name(),
                        counts.complete, answered(*task, prepared.split.train).complete,
                        answered(*task, prepared.split.test).complete);
    list(counts.reasons, "");
    list(counts.remarks, "of the complete ones: ");
    if (task->has_classes() && counts.labels.size() <= kFewLabels) list(counts.labels, "is ");
  }
  return text + fmt::format(
                    "split {}: {} training and {} held-out cases; {} training cases have the same details as a "
                    "held-out case\n",
                    prepared.test_flow.records > 0 ? "by source" : "by patient", prepared.split.train.size(),
                    prepared.split.test.size(), prepared.split.num_duplicate_details);
}

std::vector<std::string> labels_of(const tasks::Task& task, const std::vector<data::CaseRecord>& cases) {
  std::vector<std::string> labels;
  for (const auto& [label, unused] : answered(task, cases).labels) labels.push_back(label);
  return labels;
}

}  // namespace radonc::study
