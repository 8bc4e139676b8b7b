#include "radonc/report/terminal_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "support/sample_study.hpp"

using namespace radonc;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the table shows every figure and stays inside its width") {
  const auto study = test::sample_study();
  const std::string table = report::terminal_table(study);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }) <= 98);
    CHECK((line.empty() || line.back() != ' '));
  }
  for (const auto& task : study.tasks) {
    for (const auto& model : task.models) {
      CHECK(contains(table, fmt::format("{:.3f} [{:.3f}, {:.3f}]", model.accuracy.value, model.accuracy.low,
                                        model.accuracy.high)));
      CHECK(contains(table, fmt::format("{:.3f} [{:.3f}, {:.3f}]", model.rouge1_f1.value, model.rouge1_f1.low,
                                        model.rouge1_f1.high)));
      if (task.has_classes)
        CHECK(contains(
            table, fmt::format("{:.3f}  {:.3f}  {:.3f}", model.macro.precision, model.macro.recall, model.macro.f1)));
    }
    CHECK(contains(table, "majority always answers “" + task.majority_label.substr(0, 20)));
    for (const auto& comparison : task.comparisons)
      CHECK(contains(table, fmt::format("{:+.3f} [{:+.3f}", comparison.difference.value, comparison.difference.low)));
  }
  for (const std::string part :
       {"Regimen", "Modality", "ICD-10 code", "Holm", "unparsed", "total dose", "target", "category",
        "Strongest baseline: Against “nearest case”", "normal approximation", "Technique (technique) is not studied",
        "their prompts differ", "3 classes: brachytherapy, external beam, radionuclide", "and 5 more",
        "Not for clinical decisions", "8 min 32 s"})
    CHECK_MESSAGE(contains(table, part), part);
}

TEST_CASE("the macro averages stand under their own headings") {
  const std::string table = report::terminal_table(test::study_with_known_averages());
  CHECK(contains(table, "prec.  recall    F1 "));
  CHECK(contains(table, "0.111  0.222  0.333"));
}

TEST_CASE("the table does not praise what the test does not support") {
  evaluation::StudyResult study;
  const std::vector<std::string> labels = {"external beam", "brachytherapy"};
  auto scores = test::sample_scores("modality", "original", 60, labels, 0.1, 5);
  for (auto score : std::vector(scores)) {
    score.model = "fine-tuned";
    scores.push_back(score);
  }
  const auto majority = test::sample_majority("modality", 60, labels);
  scores.insert(scores.end(), majority.begin(), majority.end());
  study.tasks = evaluation::evaluate(scores);
  const std::string table = report::terminal_table(study);
  CHECK(contains(table, "No evidence that “fine-tuned” is better than “original” in accuracy"));
  CHECK(contains(table, "nothing to test"));
  CHECK(contains(table, "below that of always giving the commonest answer"));
  CHECK_FALSE(contains(table, "▸"));
}

TEST_CASE("an empty study makes a table, too") {
  CHECK(contains(report::terminal_table({}), "Label sets"));
}
