#include <fmt/format.h>

#include <algorithm>

#include "report/page/parts.hpp"
#include "report/page/sections.hpp"

namespace radonc::report {
namespace {

std::string box(std::size_t count, const std::string& text) {
  return fmt::format("<div class=\"box\"><b>{}</b> {}</div>", grouped(count), escape(text));
}

// Boxes from the records down to the parts of the split; what a rule leaves out stands beside the way.
std::string flow_figure(const StudyResult& r, const std::vector<FlowRow>& flow) {
  if (flow.empty()) return {};
  std::string out = "<div class=\"flow\">\n" + box(flow.front().left, flow.front().rule) + "\n";
  for (std::size_t i = 1; i < flow.size(); ++i) {
    const FlowRow& step = flow[i];
    out += fmt::format("<div class=\"way\"><span class=\"out\">{} left out</span></div>\n",
                       step.dropped == 0 ? "none" : grouped(step.dropped));
    out += box(step.left, step.rule) + "\n";
  }
  if (!r.split.empty()) {
    out += "<div class=\"way\"><span class=\"out\">" +
           std::string(r.test_flow.empty() ? "split by patient" : "test records of their own") +
           "</span></div>\n<div class=\"parts\">";
    for (const SplitSize& part : r.split)
      out += box(part.cases, fmt::format("{} cases of {} patients", part.part, grouped(part.patients)));
    out += "</div>\n";
  }
  if (!r.tasks.empty()) {
    out += "<div class=\"way\"><span class=\"out\">with a complete reference</span></div>\n<div class=\"parts\">";
    for (const TaskResult& task : r.tasks) out += box(task.num_cases, "held-out cases: " + title_of(task));
    out += "</div>\n";
  }
  return figure(out + "</div>\n", "Flow of cases from the records to the held-out cases of each task.");
}

std::string selection(const std::string& caption, const std::vector<FlowRow>& flow) {
  std::string rows;
  for (const FlowRow& step : flow) rows += row(step.rule, {number(step.dropped), number(step.left)});
  return rows.empty() ? "" : table(caption, {{"Rule", "text"}, {"Left out"}, {"Left"}}, rows);
}

}  // namespace

std::string cases_section(const StudyResult& r) {
  std::string out = flow_figure(r, r.flow) + selection("Selection", r.flow) +
                    selection("Selection among the test records", r.test_flow);
  std::string rows;
  for (const SplitSize& part : r.split) rows += row(part.part, {number(part.cases), number(part.patients)});
  if (!rows.empty()) out += table("Split, by patient", {{"Part", "text"}, {"Cases"}, {"Patients"}}, rows);
  rows.clear();
  for (const TaskResult& task : r.tasks)
    rows += row(title_of(task), {task.num_train == 0 ? number("–") : number(task.num_train), number(task.num_cases),
                                 number(task.num_patients)});
  if (!rows.empty())
    out += table("Cases with a complete reference, by task",
                 {{"Task", "text"}, {"Training"}, {"Held out"}, {"Patients<br><small>held out</small>"}}, rows);
  for (const std::string& sentence : r.left_out) out += paragraph(sentence, "warn");
  for (const auto& [task, labels] : r.label_sets) {
    const auto prompt = std::ranges::find(r.prompts, task, &TaskPrompt::task);
    std::string list;
    for (const std::string& label : labels) list += (list.empty() ? "" : ", ") + label;
    out += folded(
        fmt::format("{}: {} labels in the cohort", prompt == r.prompts.end() ? task : prompt->title, labels.size()),
        paragraph(list));
  }
  return out;
}

std::string examples_section(const StudyResult& r) {
  std::string out;
  for (const Example& e : r.examples) {
    out += fmt::format(
        "<article class=\"case\"><h3>{} · case {}</h3>\n<div class=\"reference\"><b>Reference</b>"
        "<p class=\"answer\">{}</p></div>",
        escape(e.title), escape(e.case_id), escape(e.reference));
    for (const auto& [model, answer] : e.answers)
      out += fmt::format("<div><b>{}</b><p class=\"answer\">{}</p></div>", escape(model), escape(answer));
    out += "</article>\n";
  }
  return out;
}

}  // namespace radonc::report
