#include "radonc/report/html.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/sample_study.hpp"

using namespace radonc;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Whether every element that is opened is closed, in order.
std::string first_unbalanced(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find("<html"); (at = html.find('<', at)) != std::string::npos; ++at) {
    const std::size_t end = html.find('>', at);
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(tag[0] == '/', tag.find_first_of(" >") - (tag[0] == '/'));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != name) return tag;
      open.pop_back();
    } else if (tag.back() != '/' && name != "meta" && name != "br") {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : open.back();
}

// The text of a page, its pieces between tags separated by one '|' each.
std::string pieces(const std::string& html) {
  std::string text;
  bool inside = false;
  for (const char c : html) {
    if (c == '<' && (text.empty() || text.back() != '|')) text += '|';
    if (c == '<' || c == '>')
      inside = c == '<';
    else if (!inside && (c != '\n' || text.back() != '|'))
      text += c;
  }
  return text;
}

}  // namespace

TEST_CASE("the page stands alone and holds every part") {
  const std::string html = report::render_html(test::sample_study());
  CHECK(first_unbalanced(html) == "");
  for (const std::string part : {"http://", "https://", "<script", "<link", "<img", "url(", "@import"})
    CHECK_MESSAGE(!contains(html, part), part);
  for (const std::string part :
       {"“fine-tuned” is above its strongest baseline on 0 of 3 tasks, and better than “original”",
        "not shown to differ from “nearest case”",
        "Contents",
        "Not for clinical decisions",
        "Examples, side by side",
        "Class by class",
        "Case by case",
        "Calibration and abstaining",
        "Subgroups",
        "Files behind the figures",
        "Flow of cases",
        "Reporting checklist",
        "three examples in the prompt",
        "EQD2",
        "Exploratory",
        "bbbbbbbbbbbbbbbb",
        "one primary course",
        "740",
        "<polyline",
        "lora rank",
        "0.0004",
        "2 cores",
        "8 min 32 s",
        "commonest errors",
        "references (rows) against answers",
        "total dose",
        "Technique (technique) is not studied",
        "An answer is right if it is the reference",
        "normal approximation",
        "always answers",
        "name=\"viewport\"",
        "lang=\"en\"",
        "case-0001"})
    CHECK_MESSAGE(contains(html, part), part);
}

TEST_CASE("whatever records, models and settings say is escaped") {
  const std::string evil = "<script>alert(\"x\" & 'y')</script>";
  auto study = test::sample_study();
  study.left_out = {evil};
  study.flow[0].rule = study.split[0].part = study.settings[0].first = study.settings[0].second = evil;
  study.environment[0].second = study.prompts[0].system = study.prompts[0].question = evil;
  study.label_sets["modality"][0] = evil;
  study.examples[0] = {evil, evil, evil, evil, {{evil, evil + std::string(1, '\0') + "\x1b"}}};
  study.files[0] = {evil, evil};
  for (auto& arm : study.arms) {
    arm.name = arm.description = arm.model = arm.prompts = evil;
    arm.settings = arm.files = {{evil, evil}};
    for (auto& run : arm.training) run.task = evil;
  }
  for (auto& prompt : study.prompts) prompt.title = prompt.comparison = evil;
  for (auto& task : study.tasks) {
    task.majority_label = task.tested_score = task.task = task.title = evil;
    for (auto& differences : task.score_differences) differences.score = evil;
    for (auto& comparison : task.comparisons) comparison.first = comparison.second = comparison.score = evil;
    for (auto& subgroup : task.subgroups) subgroup.variable = subgroup.value = evil;
    for (auto& model : task.models) {
      model.model = evil;
      model.partial[evil] = 0.5;
      for (auto& quantity : model.quantities) quantity.name = quantity.unit = evil;
      for (auto& entry : model.classes) entry.label = evil;
      for (auto& entry : model.confusion.rows) entry = evil;
      for (auto& entry : model.confusion.columns) entry = evil;
    }
  }
  const std::string html = report::render_html(study);
  CHECK_FALSE(contains(html, "<script"));
  CHECK_FALSE(contains(html, "\"x\""));
  CHECK_FALSE(contains(html, "'y'"));
  CHECK_FALSE(contains(html, std::string(1, '\0')));
  CHECK_FALSE(contains(html, "\x1b"));
  CHECK(contains(html, "&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;"));
  CHECK(first_unbalanced(html) == "");
}

TEST_CASE("the headline does not praise what the tests do not support; an empty study is a page, too") {
  evaluation::StudyResult study;
  auto scores = test::sample_scores("modality", "original", 60, {"external beam", "brachytherapy"}, 0.1, 5);
  for (auto score : std::vector(scores)) {
    score.model = "fine-tuned";
    scores.push_back(score);
  }
  study.tasks = evaluation::evaluate(scores);
  const std::string html = report::render_html(study);
  CHECK(contains(html, "“fine-tuned” is better than “original” on 0 of 1"));
  CHECK(contains(html, "No evidence that “fine-tuned” is better than “original” in accuracy"));
  CHECK(contains(html, "nothing to test"));
  CHECK(first_unbalanced(report::render_html({})) == "");
}

TEST_CASE("links lead to sections, tables and figures are numbered, every model has its row") {
  const auto study = test::sample_study();
  const std::string html = report::render_html(study);
  std::size_t num_links = 0;
  for (std::size_t at = 0; (at = html.find("href=\"#", at)) != std::string::npos; ++num_links) {
    at += 7;
    const std::string id = html.substr(at, html.find('"', at) - at);
    CHECK_MESSAGE(contains(html, " id=\"" + id + "\""), id);
  }
  CHECK(num_links > 30);
  CHECK(contains(html, "<caption><span><b>Table 1.</b>"));
  CHECK(contains(html, "<figcaption><b>Figure 1.</b>"));
  for (const auto& task : study.tasks) {
    for (const auto& model : task.models) {
      CHECK(contains(html, fmt::format("{:.3f} <small>[{:.3f}, {:.3f}]</small>", model.accuracy.value,
                                       model.accuracy.low, model.accuracy.high)));
      for (const auto& quantity : model.quantities)
        CHECK(contains(html, fmt::format(">{:.2f}</td>", quantity.mean_absolute)));
      if (model.calibration) CHECK(contains(html, fmt::format(">{:.3f}</td>", model.calibration->brier)));
      if (task.has_classes) CHECK(contains(html, fmt::format(">{:.3f}</td>", model.weighted.f1)));
    }
    for (const auto& d : task.score_differences) CHECK(contains(html, fmt::format(">{} (", d.num_better)));
    for (const auto& group : task.subgroups)
      CHECK(contains(html, fmt::format("{:.3f}\u00A0→\u00A0{:.3f}", group.before, group.after)));
  }
}

TEST_CASE("the checklist ticks only what the page holds") {
  const std::string full = report::render_html(test::sample_study()), empty = report::render_html({});
  CHECK(contains(full, "<a href=\"#subgroups\">✓ yes</a>"));
  CHECK(contains(full, "Funding and the funders&#39; role</th><td>no</td><td>the whole item</td>"));
  CHECK_FALSE(contains(empty, "✓"));
}

TEST_CASE("precision, recall, F1 and their averages stand under their own headings") {
  const std::string text = pieces(report::render_html(test::study_with_known_averages()));
  for (const std::string part :
       {// every model on every task
        "|Precision|macro|Recall|macro|F1|macro|Unparsed|answers|", "|0.111|0.222|0.333|",
        // averages over classes
        "|Precision|macro|Recall|macro|F1|macro|Precision|weighted|Recall|weighted|F1|weighted|Balanced|accuracy|",
        "|original|0.111|0.222|0.333|0.444|0.555|0.666|",
        // class by class
        "|Class|Cases|Precision|original|Recall|original|F1|original|Precision|fine-tuned|Recall|fine-tuned|F1|"
        "fine-tuned|",
        "|external beam|200|0.101|0.102|0.103|0.201|0.202|0.203|",
        "|macro average|240|0.111|0.222|0.333|0.112|0.223|0.334|",
        "|weighted average|240|0.444|0.555|0.666|0.445|0.556|0.667|"})
    CHECK_MESSAGE(contains(text, part), part);
  // In the table of every model the number of unparsed answers follows, not another figure.
  const std::string macro = "|0.111|0.222|0.333|";
  bool before_a_count = false;
  for (std::size_t at = text.find(macro); at != text.npos; at = text.find(macro, at + 1))
    before_a_count |= text[text.find_first_not_of("0123456789", at + macro.size())] != '.';
  CHECK(before_a_count);
}
