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

}  // namespace

TEST_CASE("the page stands alone and holds every part") {
  const std::string html = report::render_html(test::sample_study());
  CHECK(first_unbalanced(html) == "");
  for (const std::string part : {"http://", "https://", "<script", "<link", "<img", "url(", "@import"})
    CHECK_MESSAGE(!contains(html, part), part);
  for (const std::string part :
       {"improved 3 of 3 tasks", "Not for clinical decisions", "Examples, side by side", "Class by class", "Cohort",
        "one primary course", "740", "<polyline", "lora rank", "0.0004", "2 cores", "8 min 32 s", "commonest errors",
        "Confusion matrix", "total dose match", "always answers", "name=\"viewport\"", "lang=\"en\"", "case-0001"})
    CHECK_MESSAGE(contains(html, part), part);
}

TEST_CASE("whatever records, models and settings say is escaped") {
  const std::string evil = "<script>alert(\"x\" & 'y')</script>";
  auto study = test::sample_study();
  study.model = evil;
  study.flow[0].rule = study.split[0].part = study.settings[0].first = study.settings[0].second = evil;
  study.environment[0].second = study.prompts[0].system = study.prompts[0].question = evil;
  study.label_sets["modality"][0] = evil;
  study.examples[0] = {evil, evil, evil, {{evil, evil + std::string(1, '\0') + "\x1b"}}};
  study.models[0] = study.files[0] = {evil, evil};
  study.training[0].model = evil;
  for (auto& task : study.tasks) {
    task.majority_label = task.tested_score = task.task = evil;
    for (auto& comparison : task.comparisons) comparison.first = comparison.second = comparison.score = evil;
    for (auto& subgroup : task.subgroups) subgroup.variable = subgroup.value = evil;
    for (auto& model : task.models) {
      model.model = evil;
      model.partial[evil] = 0.5;
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
  report::StudyResult study;
  auto scores = test::sample_scores("modality", "original", 60, {"external beam", "brachytherapy"}, 0.1, 5);
  for (auto score : std::vector(scores)) {
    score.model = "fine-tuned";
    scores.push_back(score);
  }
  study.tasks = report::evaluate(scores);
  const std::string html = report::render_html(study);
  CHECK(contains(html, "No evidence that fine-tuning the model helped on any of 1 tasks"));
  CHECK(contains(html, "nothing to test"));
  CHECK_FALSE(contains(html, "improved"));
  CHECK(first_unbalanced(report::render_html({})) == "");
}
