#include "radonc/report/terminal_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "radonc/tasks/baselines.hpp"
#include "report/results.hpp"

namespace radonc::report {
namespace {

constexpr std::size_t kModelWidth = 12;

std::string interval(const stats::Estimate& e) {
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", e.value, e.low, e.high);
}

// The columns: model, two estimates with intervals, three macro averages, unparsed answers.
std::string columns(std::string_view model, std::string_view accuracy, std::string_view rouge, std::string_view macro,
                    std::string_view unparsed) {
  return fmt::format("  {}   {}   {}   {}{}\n", pad(model, kModelWidth), pad(accuracy, 20), pad(rouge, 20),
                     pad(macro, 19), padded_left(plain(std::string(unparsed)), 15));
}

std::string model_row(const ModelMetrics& m, bool has_classes) {
  const std::string macro = has_classes
                                ? fmt::format("{:.3f}  {:.3f}  {:.3f}", m.macro.precision, m.macro.recall, m.macro.f1)
                                : "    –      –      –";
  const bool fits = width_of(m.model) <= kModelWidth;  // a longer name stands on a line of its own
  return (fits ? "" : "  " + shortened(m.model, kWidth - 2) + "\n") + columns(fits ? m.model : "", interval(m.accuracy),
                                                                              interval(m.rouge1_f1), macro,
                                                                              count_of(m.n - m.num_parsed, m.n));
}

std::string without_stop(std::string sentence) {
  if (sentence.ends_with('.')) sentence.pop_back();
  return sentence;
}

std::string task_block(const TaskResult& task) {
  const std::string title = title_of(task);
  std::string counts =
      fmt::format("{} held-out cases of {} patients", grouped(task.num_cases), grouped(task.num_patients));
  if (task.num_train > 0) counts += fmt::format(" · {} training cases", grouped(task.num_train));
  std::string out = pad(title, kWidth - width_of(counts)) + counts + "\n";
  for (const ModelMetrics& model : task.models) out += model_row(model, task.has_classes);
  if (!task.majority_label.empty()) {
    const std::string lead = "  majority always answers “";
    out += lead + shortened(task.majority_label, kWidth - width_of(lead) - 1) + "”\n";
  }
  if (!task.models.at(1).partial.empty()) {
    std::string credits;
    for (const auto& [name, after] : task.models[1].partial) {
      const auto before = task.models[0].partial.find(name);
      const double value = before == task.models[0].partial.end() ? 0 : before->second;
      credits += fmt::format("{}{} {:.3f} → {:.3f}", credits.empty() ? "" : " · ", partial_title(name), value, after);
    }
    out += wrapped("  partly right  ", credits);
  }
  const auto comparisons = ordered_comparisons(task);
  const Comparison* strongest = strongest_baseline(task);
  for (const Comparison* comparison : comparisons)
    if (strongest && comparison->second == strongest->second) {
      const std::string lead = comparison == comparisons.front() ? "Strongest baseline: " : "";
      out += wrapped(
          verdict(*comparison) == "better" ? "  ▸ " : "  ▹ ",
          fmt::format("{}{} ({}).", lead, without_stop(comparison_sentence(*comparison)), verdict(*comparison)));
    }
  out += wrapped(is_gain(task) ? "  ▸ " : "  ▹ ", test_sentence(task));
  for (const Comparison* comparison : comparisons)
    if (!strongest || comparison->second != strongest->second) out += wrapped("    ", comparison_sentence(*comparison));
  for (const std::string& caution : cautions(task)) out += wrapped("  ! ", caution);
  return out;
}

std::string labels_of(const TaskResult& task) {
  if (!task.has_classes) return "no classes: the answer is a sentence, compared as a whole and by words";
  constexpr std::size_t kShown = 24;
  std::string text;
  for (std::size_t i = 0; i < std::min(task.labels.size(), kShown); ++i)
    text.append(i > 0 ? ", " : "").append(task.labels[i]);
  if (task.labels.size() > kShown) text += fmt::format(" and {} more", task.labels.size() - kShown);
  return fmt::format("{} classes: {}", task.labels.size(), text);
}

}  // namespace

std::string terminal_table(const StudyResult& result) {
  const double confidence = result.tasks.empty() ? 0.95 : result.tasks.front().confidence;
  const std::string ci = fmt::format("[{:.4g} % CI]", 100 * confidence);
  std::string out = rule("━");
  std::string names;
  if (!result.tasks.empty())
    for (const ModelMetrics& model : result.tasks.front().models)
      if (!tasks::is_baseline(model.model)) names += (names.empty() ? "" : ", ") + model.model;
  out += wrapped("", fmt::format("{}: {}", study_title(result), names));
  out += rule("━");
  out += columns("", "accuracy", "ROUGE-1 F1", "   macro average", "unparsed");
  out += columns("", "      " + ci, "      " + ci, "prec.  recall    F1", "answers");
  for (const TaskResult& task : result.tasks) out += rule("─") + task_block(task);
  out += rule("━");
  for (const std::string& note : notes(result)) out += wrapped("", note);
  out += "\nLabel sets\n";
  for (const TaskResult& task : result.tasks)
    out += wrapped(fmt::format("  {}  ", pad(title_of(task), 12)), labels_of(task));
  if (result.wall_seconds > 0)
    out += fmt::format("\nWall time {} · peak memory {:.2f} GB\n", duration(result.wall_seconds),
                       result.peak_memory_bytes / 1e9);
  out += "For research. Not for clinical decisions.\n";
  return out;
}

}  // namespace radonc::report
