#include "radonc/report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "report/figures.hpp"
#include "report/style.hpp"
#include "report/wording.hpp"

namespace radonc::report {
namespace {

constexpr std::size_t kLargestMatrix = 12;  // classes; beyond, the commonest errors are listed
constexpr std::size_t kListedErrors = 20;

// A table that scrolls by itself on a narrow screen.
std::string scrolling(const std::string& label, const std::string& table) {
  return fmt::format("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n{}</div>\n",
                     escape(label), table);
}

std::string number(std::string_view text) {
  return fmt::format("<td class=\"num\">{}</td>", text);
}

std::string estimate(const stats::Estimate& e) {
  return fmt::format("<td class=\"est\">{:.3f} <small>[{:.3f}, {:.3f}]</small></td>", e.value, e.low, e.high);
}

std::string headline(const StudyResult& r) {
  const auto won = static_cast<std::size_t>(std::ranges::count_if(r.tasks, is_better));
  const std::string model = escape(r.model.empty() ? "the model" : r.model);
  std::string out = fmt::format("<h1>Fine-tuning {} {} {} of {} tasks</h1>\n", model,
                                won == 0 ? "improved none:" : "improved", won, r.tasks.size());
  if (won == 0)
    out = fmt::format("<h1>No evidence that fine-tuning {} helped on any of {} tasks</h1>\n", model, r.tasks.size());
  out += fmt::format(
      "<p class=\"lead\">The original and the fine-tuned model answered the same held-out cases. "
      "Evidence means a one-sided Wilcoxon signed-rank test with p ≤ {} after Holm's correction over "
      "the tasks.</p>\n<p class=\"warn\"><strong>For research. Not for clinical decisions.</strong> "
      "The figures describe these records and this split, nothing more.</p>\n",
      kAlpha);
  return out;
}

std::string main_table(const StudyResult& r) {
  const double confidence = r.tasks.empty() ? 0.95 : r.tasks.front().confidence;
  const std::string ci = fmt::format("<br><small>[{:.4g} % CI]</small>", 100 * confidence);
  std::string table =
      "<table class=\"full\"><thead><tr><th scope=\"col\">Model</th><th class=\"num\" scope=\"col\">n</th>";
  for (const char* name : {"Accuracy", "ROUGE-1 F1"})
    table += fmt::format("<th class=\"est\" scope=\"col\">{}{}</th>", name, ci);
  for (const char* name : {"Precision", "Recall", "F1"})
    table += fmt::format("<th class=\"num\" scope=\"col\">{}<br><small>macro</small></th>", name);
  table += "<th class=\"num\" scope=\"col\">Unparsed<br><small>answers</small></th></tr></thead>\n<tbody>\n";
  for (const TaskResult& task : r.tasks) {
    table += fmt::format(
        "<tr class=\"task\"><th colspan=\"8\" scope=\"colgroup\">{} <span class=\"soft\">· {} patients "
        "held out, {} training cases</span></th></tr>\n",
        escape(task_title(task.task)), grouped(task.num_patients), grouped(task.num_train));
    for (const ModelMetrics& m : task.models) {
      table += fmt::format("<tr><th scope=\"row\">{}</th>{}{}{}", escape(m.model), number(grouped(m.n)),
                           estimate(m.accuracy), estimate(m.rouge1_f1));
      for (const double value : {m.macro.precision, m.macro.recall, m.macro.f1})
        table += number(task.has_classes ? fmt::format("{:.3f}", value) : "–");
      table += number(count_of(m.n - m.num_parsed, m.n)) + "</tr>\n";
    }
    if (!task.majority_label.empty())
      table += fmt::format(
          "<tr><td></td><td colspan=\"7\" class=\"soft est\" style=\"white-space:normal\">The majority always answers "
          "“{}”.</td></tr>\n",
          escape(task.majority_label));
  }
  return scrolling("Results", table + "</tbody></table>\n");
}

std::string tests(const StudyResult& r) {
  std::string out;
  for (const TaskResult& task : r.tasks) {
    out += fmt::format("<h3>{}</h3>\n<p>{}</p>\n", escape(task_title(task.task)), escape(test_sentence(task)));
    for (const std::string& caution : cautions(task)) out += fmt::format("<p class=\"warn\">{}</p>\n", escape(caution));
    if (task.models.size() >= 2)
      for (const auto& [name, after] : task.models[1].partial)
        if (const auto before = task.models[0].partial.find(name); before != task.models[0].partial.end())
          out += fmt::format("<p>Partly right, {}: {:.3f} originally, {:.3f} fine-tuned.</p>\n",
                             escape(partial_title(name)), before->second, after);
  }
  out += "<ul class=\"soft\">\n";
  for (const std::string& note : notes(r)) out += fmt::format("<li>{}</li>\n", escape(note));
  return out + "</ul>\n";
}

std::string cohort(const StudyResult& r) {
  std::string table =
      "<table><caption>Selection</caption><thead><tr><th scope=\"col\">Rule</th><th class=\"num\" "
      "scope=\"col\">Dropped</th><th class=\"num\" scope=\"col\">Left</th></tr></thead><tbody>\n";
  for (const FlowRow& row : r.flow)
    table += fmt::format("<tr><th scope=\"row\">{}</th>{}{}</tr>\n", escape(row.rule), number(grouped(row.dropped)),
                         number(grouped(row.left)));
  std::string out = scrolling("Selection", table + "</tbody></table>\n");
  table =
      "<table><caption>Split, by patient</caption><thead><tr><th scope=\"col\">Part</th><th class=\"num\" "
      "scope=\"col\">Cases</th><th class=\"num\" scope=\"col\">Patients</th></tr></thead><tbody>\n";
  for (const SplitSize& part : r.split)
    table += fmt::format("<tr><th scope=\"row\">{}</th>{}{}</tr>\n", escape(part.part), number(grouped(part.cases)),
                         number(grouped(part.patients)));
  out += scrolling("Split", table + "</tbody></table>\n");
  for (const auto& [task, labels] : r.label_sets) {
    std::string list;
    for (const std::string& label : labels) list += (list.empty() ? "" : ", ") + escape(label);
    out += fmt::format("<details><summary>{}: {} labels in the cohort</summary><p>{}</p></details>\n",
                       escape(task_title(task)), labels.size(), list);
  }
  return out;
}

std::string classes(const TaskResult& task) {
  std::string table =
      "<table><thead><tr><th rowspan=\"2\" scope=\"col\">Class</th><th class=\"num\" rowspan=\"2\" "
      "scope=\"col\">Cases</th>";
  std::string second;
  for (const ModelMetrics& m : task.models) {
    table += fmt::format("<th class=\"num\" colspan=\"3\" scope=\"colgroup\">{}</th>", escape(m.model));
    second +=
        "<th class=\"num\" scope=\"col\">Precision</th><th class=\"num\" scope=\"col\">Recall</th>"
        "<th class=\"num\" scope=\"col\">F1</th>";
  }
  table += fmt::format("</tr><tr>{}</tr></thead><tbody>\n", second);
  const auto row = [&](const std::string& name, std::size_t support, const auto& metrics_of) {
    table += fmt::format("<tr><th scope=\"row\">{}</th>{}", escape(name), number(grouped(support)));
    for (const ModelMetrics& m : task.models) {
      const auto& [precision, recall, f1] = metrics_of(m);
      for (const double value : {precision, recall, f1}) table += number(fmt::format("{:.3f}", value));
    }
    table += "</tr>\n";
  };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < task.models.front().classes.size(); ++i) order.push_back(i);
  std::ranges::stable_sort(order, std::greater{},
                           [&](std::size_t i) { return task.models.front().classes[i].support; });
  for (const std::size_t i : order)
    row(task.models.front().classes[i].label, task.models.front().classes[i].support, [&](const ModelMetrics& m) {
      return std::tuple(m.classes.at(i).precision, m.classes.at(i).recall, m.classes.at(i).f1);
    });
  const auto average = [](const eval::AverageMetrics& a) { return std::tuple(a.precision, a.recall, a.f1); };
  row("macro average", task.models.front().n, [&](const ModelMetrics& m) { return average(m.macro); });
  row("weighted average", task.models.front().n, [&](const ModelMetrics& m) { return average(m.weighted); });
  return scrolling("Classes of " + task_title(task.task), table + "</tbody></table>\n");
}

// Shades grow with the share of the row; text stays dark on the lightest and white on the darkest.
std::string matrix(const ModelMetrics& m) {
  std::string table = fmt::format(
      "<table class=\"matrix\"><caption>{}: reference (rows) against answer "
      "(columns)</caption><thead><tr><td></td>",
      escape(m.model));
  for (const std::string& column : m.confusion.columns)
    table += fmt::format("<th class=\"num\" scope=\"col\">{}</th>", escape(column));
  table += "</tr></thead><tbody>\n";
  for (std::size_t i = 0; i < m.confusion.rows.size(); ++i) {
    table += fmt::format("<tr><th scope=\"row\">{}</th>", escape(m.confusion.rows[i]));
    std::size_t sum = 0;
    for (const std::size_t count : m.confusion.counts.at(i)) sum += count;
    for (std::size_t j = 0; j < m.confusion.counts[i].size(); ++j) {
      const std::size_t count = m.confusion.counts[i][j];
      const double share = sum == 0 ? 0 : 0.35 * static_cast<double>(count) / static_cast<double>(sum);
      table += fmt::format("<td{} style=\"background:rgba(11,90,138,{:.2f})\">{}</td>",
                           i == j ? " class=\"right\"" : "", share, grouped(count));
    }
    table += "</tr>\n";
  }
  return scrolling("Confusion matrix of the " + m.model + " model", table + "</tbody></table>\n");
}

std::string commonest_errors(const ModelMetrics& m) {
  std::vector<std::tuple<std::size_t, std::string, std::string>> errors;
  for (std::size_t i = 0; i < m.confusion.rows.size(); ++i)
    for (std::size_t j = 0; j < m.confusion.counts.at(i).size(); ++j)
      if (i != j && m.confusion.counts[i][j] > 0)
        errors.emplace_back(m.confusion.counts[i][j], m.confusion.rows[i], m.confusion.columns.at(j));
  std::ranges::stable_sort(errors, [](const auto& a, const auto& b) { return std::get<0>(a) > std::get<0>(b); });
  std::string table = fmt::format(
      "<table><caption>{}: commonest errors, {} of {} kinds</caption><thead><tr><th "
      "scope=\"col\">Reference</th><th scope=\"col\">Answer</th><th class=\"num\" "
      "scope=\"col\">Cases</th></tr></thead><tbody>\n",
      escape(m.model), std::min(errors.size(), kListedErrors), errors.size());
  for (std::size_t i = 0; i < std::min(errors.size(), kListedErrors); ++i) {
    const auto& [count, reference, answer] = errors[i];
    table +=
        fmt::format("<tr><td>{}</td><td>{}</td>{}</tr>\n", escape(reference), escape(answer), number(grouped(count)));
  }
  return scrolling("Errors of the " + m.model + " model", table + "</tbody></table>\n");
}

std::string class_sections(const StudyResult& r) {
  std::string out;
  for (const TaskResult& task : r.tasks) {
    if (!task.has_classes || task.models.empty()) continue;
    const bool small = task.labels.size() <= kLargestMatrix;
    out += fmt::format("<details{}><summary>{}: {} classes among the held-out references</summary>\n",
                       small ? " open" : "", escape(task_title(task.task)), task.labels.size());
    out += classes(task);
    for (const ModelMetrics& m : task.models) out += small ? matrix(m) : commonest_errors(m);
    out += "</details>\n";
  }
  return out;
}

std::string training(const StudyResult& r) {
  std::string out;
  for (const TrainingSummary& run : r.training) {
    out += fmt::format("<p>{}: {} steps, {} tokens, {}; final loss {:.3f}.</p>\n", escape(run.model),
                       grouped(run.steps), grouped(run.tokens), duration(run.seconds), run.final_loss);
    if (const std::string figure = loss_figure(run); !figure.empty())
      out += fmt::format(
          "<figure>{}<figcaption>Training loss by step (nats per supervised token).</figcaption></figure>\n", figure);
  }
  return out;
}

std::string examples(const StudyResult& r) {
  std::string out;
  for (const Example& e : r.examples) {
    out += fmt::format(
        "<article class=\"case\"><h3>{} · case {}</h3><div><b>Reference</b><p class=\"answer\">{}</p></div>",
        escape(task_title(e.task)), escape(e.case_id), escape(e.reference));
    for (const auto& [model, answer] : e.answers)
      out += fmt::format("<div><b>{}</b><p class=\"answer\">{}</p></div>", escape(model), escape(answer));
    out += "</article>\n";
  }
  return out;
}

std::string prompts(const StudyResult& r) {
  std::string out;
  for (const TaskPrompt& p : r.prompts)
    out += fmt::format(
        "<h3>{}</h3>\n<p class=\"soft\">System</p>\n<pre>{}</pre>\n<p class=\"soft\">Question, after the "
        "case's diagnostic details</p>\n<pre>{}</pre>\n",
        escape(task_title(p.task)), escape(p.system), escape(p.question));
  return out;
}

std::string pairs(const std::string& title, const std::vector<NamedValue>& values) {
  std::string table = "<table><tbody>\n";
  for (const auto& [name, value] : values)
    table += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape(name), escape(value));
  return scrolling(title, table + "</tbody></table>\n");
}

std::string section(const char* title, const std::string& body) {
  return body.empty() ? "" : fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", title, body);
}

}  // namespace

std::string render_html(const StudyResult& r) {
  std::string body = headline(r);
  if (!r.tasks.empty())
    body += fmt::format(
        "<figure>{}<figcaption>Accuracy on held-out cases with {:.4g} % intervals: "
        "<span class=\"key before\"></span> original, <span class=\"key after\"></span> fine-tuned, "
        "<span class=\"key baseline\"></span> always the commonest answer.</figcaption></figure>\n",
        accuracy_figure(r), 100 * r.tasks.front().confidence);
  body += section("Results", main_table(r) + tests(r));
  body += section("Examples, side by side", examples(r));
  body += section("Class by class", class_sections(r));
  body += section("Cohort", cohort(r));
  body += section("Training", training(r));
  body += section("Prompts", prompts(r));
  body += section("Settings", pairs("Settings", r.settings));
  std::vector<NamedValue> environment = r.environment;
  if (r.wall_seconds > 0) environment.emplace_back("wall time", duration(r.wall_seconds));
  if (r.peak_memory_bytes > 0)
    environment.emplace_back("peak memory", fmt::format("{:.2f} GB", r.peak_memory_bytes / 1e9));
  body += section("Environment", pairs("Environment", environment));
  const bool clustered = std::ranges::any_of(r.tasks, [](const TaskResult& task) {
    return !task.models.empty() && task.num_patients < task.models.front().n;
  });
  std::string limits =
      "<ul><li>For research. Not for clinical decisions, and no statement on how anyone should be treated.</li>"
      "<li>The references are what was recorded, with the records' own gaps and errors; nobody has judged here whether "
      "another answer would have been acceptable, too.</li>"
      "<li>Macro averages depend on the label set, and rare classes rest on few cases: see the supports.</li>";
  if (clustered)
    limits += "<li>The tests treat cases as independent, although some patients contribute more than one.</li>";
  body += section("Limits", limits + "</ul>\n");
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{} · radonc study</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
      escape(r.model.empty() ? "Study" : r.model), kStyle, body);
}

}  // namespace radonc::report
