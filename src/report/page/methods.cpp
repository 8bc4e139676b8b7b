#include <fmt/format.h>

#include <algorithm>

#include "report/page/parts.hpp"
#include "report/page/sections.hpp"

namespace radonc::report {
namespace {

std::string pairs(const std::string& caption, const std::vector<Column>& columns,
                  const std::vector<NamedValue>& values) {
  std::string rows;
  for (const auto& [name, value] : values) rows += row(name, {"<td class=\"value\">" + escape(value) + "</td>"});
  return rows.empty() ? "" : table(caption, columns, rows);
}

}  // namespace

std::string training_section(const StudyResult& r) {
  std::string rows, figures;
  for (const ArmResult& arm : r.arms)
    for (const TrainingSummary& run : arm.training) {
      const std::string name = run.task.empty() ? arm.name : fmt::format("{}, {}", arm.name, run.task);
      rows += row(name, {number(run.steps), number(run.tokens), number(duration(run.seconds)), number(run.final_loss)});
      if (const std::string drawing = loss_figure(run); !drawing.empty())
        figures += figure(drawing, fmt::format("Training loss of “{}” by step, in nats per supervised token.", name));
    }
  if (rows.empty()) return {};
  std::string out =
      table("Training runs",
            {{"Model", "text"}, {"Steps"}, {"Tokens"}, {"Time"}, {"Final loss<br><small>nats</small>"}}, rows);
  if (!figures.empty()) out += fmt::format("<div class=\"charts wide\">\n{}</div>\n", figures);
  return out;
}

std::string prompts_section(const StudyResult& r) {
  std::string out;
  for (const TaskPrompt& p : r.prompts)
    out += fmt::format(
        "<h3>{}</h3>\n<p class=\"soft\">System</p>\n<pre>{}</pre>\n<p class=\"soft\">Question, after the case's "
        "diagnostic details</p>\n<pre>{}</pre>\n<p>{}</p>\n",
        escape(p.title), escape(p.system), escape(p.question), escape(p.comparison));
  return out;
}

std::string models_section(const StudyResult& r) {
  std::vector<NamedValue> models;
  for (const ArmResult& arm : r.arms) models.emplace_back(arm.name, arm.description);
  std::string out = pairs("Models", {{"Name", "text"}, {"What it is", "text"}}, models);
  for (const ArmResult& arm : r.arms)
    out += folded(
        fmt::format("Settings of “{}”", arm.name),
        pairs(fmt::format("Settings of “{}”", arm.name), {{"Setting", "text"}, {"Value", "text"}}, arm.settings) +
            pairs(fmt::format("Files of “{}”", arm.name), {{"File", "text"}, {"SHA-256", "text"}}, arm.files),
        arm.name == r.arms.front().name);
  return out + pairs("Settings of the study", {{"Setting", "text"}, {"Value", "text"}}, r.settings);
}

std::string environment_section(const StudyResult& r) {
  std::vector<NamedValue> environment = r.environment;
  if (r.wall_seconds > 0) environment.emplace_back("wall time", duration(r.wall_seconds));
  if (r.peak_memory_bytes > 0)
    environment.emplace_back("peak memory", fmt::format("{:.2f} GB", r.peak_memory_bytes / 1e9));
  return pairs("Environment", {{"What", "text"}, {"Value", "text"}}, environment) +
         pairs("Files behind the figures", {{"File", "text"}, {"SHA-256", "text"}}, r.files);
}

std::string limits_section(const StudyResult& r) {
  std::string out = "<ul>\n";
  const auto add = [&](const char* text) { out += fmt::format("<li>{}</li>\n", escape(text)); };
  add("For research. Not for clinical decisions, and no statement on how anyone should be treated.");
  add("The references are what was recorded, with the records' own gaps and errors; nobody has judged here whether "
      "another answer would have been acceptable, too.");
  add("Macro averages depend on the label set, and rare classes rest on few cases: see the supports.");
  add(r.test_flow.empty()
          ? "One split of one set of records. Nothing here says how the models would do on another hospital's records."
          : "One training run, and held-out cases of one other source. Nothing here says how the models would do "
            "elsewhere.");
  if (std::ranges::any_of(r.tasks, [](const TaskResult& task) { return task.num_patients < task.num_cases; }))
    add("The tests treat cases as independent, although some patients contribute more than one; the intervals by "
        "bootstrap draw whole patients.");
  return out + "</ul>\n";
}

}  // namespace radonc::report
