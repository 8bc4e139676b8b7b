#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/tasks/pair_io.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "support/example_cases.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;

TEST_CASE("a prompt does not change with anything that a model must not know") {
  std::size_t num_pairs = 0;
  for (const auto& task : tasks::make_tasks(test::example_cohort().cases)) {
    for (const auto& record : test::example_cohort().cases) {
      if (!task->reference(record)) continue;
      auto other = record;
      other.courses = {{.intent = "palliative",
                        .modality = "implants",
                        .technique = "imrt",
                        .dose = "2100",
                        .dose_unit = "cgy",
                        .fractions = "3",
                        .target_site = "distant site",
                        .course_number = "9",
                        .start_day = "1",
                        .end_day = "2",
                        .ongoing = "no"}};
      other.icd10 = "z99.8";
      other.icd_o_3_site = "z99.9";
      other.surgery = {{"procedure", "other"}};
      other.race = other.institution = other.dx_year = other.source = "other";
      other.radiation_flag = record.radiation_flag == "no" ? "yes" : "no";
      const auto pair = task->build_pair(record), changed = task->build_pair(other);
      REQUIRE(changed.system == pair.system);
      REQUIRE(changed.details == pair.details);
      REQUIRE(changed.question == pair.question);
      REQUIRE(changed.prompt() == pair.details + "\n\n" + pair.question);
      ++num_pairs;
    }
  }
  CHECK(num_pairs > 3'000);
}

TEST_CASE("system and details come first and are shared by a case's tasks") {
  const auto record = test::made_up_case("1");
  const auto all = tasks::make_tasks({record});
  REQUIRE(all.size() == 3);
  for (const auto& task : all) {
    const auto pair = task->build_pair(record);
    CHECK(pair.case_id == "case-1");
    CHECK(pair.patient_id == "patient-1");
    CHECK(pair.task == task->name());
    CHECK(pair.system == all[0]->build_pair(record).system);
    CHECK(pair.details == all[0]->build_pair(record).details);
    CHECK(pair.question == task->question());
    CHECK(pair.answer == *task->reference(record));
  }
}

TEST_CASE("a case without an answer is named") {
  auto record = test::made_up_case("1");
  record.icd10 = "";
  CHECK_THROWS_WITH_AS(tasks::icd10_task()->build_pair(record), doctest::Contains("case-1"), Error);
  record.courses[0].dose = "";
  CHECK_THROWS_WITH_AS(tasks::regimen_task()->build_pair(record), doctest::Contains("regimen"), Error);
}

TEST_CASE("scores are of the typed value, not of the wording") {
  const auto task = tasks::regimen_task();
  const auto pair = task->build_pair(test::made_up_case("1"));
  CHECK(pair.answer == "Breast, primary tumor field; external beam; 200 cGy x 25 fractions; total 5000 cGy");
  const auto score = [&](const std::string& text) { return task->score(task->parse("case-1", "m", text), pair); };
  using Credits = std::vector<std::pair<std::string, double>>;
  const auto exact = score(pair.answer);
  CHECK(exact.correct == 1);
  CHECK(exact.parsed);
  CHECK(exact.rouge1.f1 == 1);
  CHECK(exact.model == "m");
  CHECK(exact.patient_id == "patient-1");
  CHECK(exact.partial == Credits{{"target", 1},
                                 {"modality", 1},
                                 {"fractionation", 1},
                                 {"total_dose", 1},
                                 {"prescription", 1},
                                 {"fractionation_class", 1}});
  CHECK(score("  BREAST,  primary tumor field; external beam; 2 Gy x 25 fractions; total 50 Gy.").correct == 1);
  const auto half = score("breast, primary tumor field; photon; 250 cGy x 20 fractions; total 5000 cGy");
  CHECK(half.correct == 0);
  CHECK(half.partial == Credits{{"target", 1},
                                {"modality", 0},
                                {"fractionation", 0},
                                {"total_dose", 1},
                                {"prescription", 0},
                                {"fractionation_class", 0}});
  const auto none = score("I cannot say.");
  CHECK_FALSE(none.parsed);
  CHECK(none.correct == 0);
  CHECK(none.prediction.empty());
  CHECK(none.partial == Credits{{"target", 0},
                                {"modality", 0},
                                {"fractionation", 0},
                                {"total_dose", 0},
                                {"prescription", 0},
                                {"fractionation_class", 0}});
  CHECK_FALSE(task->parse("case-1", "m", "?").reason.empty());
}

TEST_CASE("a prediction is scored only against its own case and task") {
  const auto task = tasks::icd10_task();
  const auto pair = task->build_pair(test::made_up_case("1"));
  CHECK_THROWS_AS(task->score(task->parse("case-2", "m", "C50.9"), pair), Error);
  CHECK_THROWS_AS(tasks::regimen_task()->score(tasks::regimen_task()->parse("case-1", "m", "C50.9"), pair), Error);
  CHECK_THROWS_AS(tasks::regimen_task()->score(task->parse("case-1", "m", "C50.9"), pair), Error);
  CHECK(task->score(task->parse("case-1", "m", "c509"), pair).correct == 1);
}

TEST_CASE("scores written and read are the same") {
  const test::TemporaryFolder folder;
  const auto task = tasks::icd10_task();
  const auto pair = task->build_pair(test::made_up_case("1"));
  std::vector<tasks::Score> scores;
  for (const char* text : {"C50.9", "C50.1", "none", "C\xc3"})
    scores.push_back(task->score(task->parse("case-1", "m", text), pair));
  const auto path = folder.path() / "scores.jsonl";
  tasks::write_lines(path, scores);
  const auto again = tasks::read_scores(path);
  REQUIRE(again.size() == scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    CHECK(tasks::to_json(again[i]) == tasks::to_json(scores[i]));
    CHECK(again[i].partial == scores[i].partial);
    CHECK(again[i].rouge1.f1 == scores[i].rouge1.f1);
  }
  const std::string lines = core::read_file(path);
  for (const std::string& broken : {std::string("{}"), std::string("x"), lines.substr(0, 30), lines + "[]"}) {
    core::write_file_atomically(path, broken);
    CHECK_THROWS_WITH_AS(tasks::read_scores(path), doctest::Contains("scores.jsonl:"), Error);
  }
  CHECK_THROWS_AS(tasks::read_scores(folder.path() / "absent"), Error);
  // An answer cut inside a character can be written.
  CHECK(tasks::to_json(task->parse("case-1", "m", "C\xc3")).find("\xEF\xBF\xBD") != std::string::npos);
}

namespace {

/// A task as a user would write one.
class ToxicityGrade : public tasks::Task {
 public:
  std::string name() const override { return "toxicity"; }
  std::string title() const override { return "Toxicity grade"; }
  std::string question() const override { return "Which grade? Answer with a number from 0 to 5."; }
  std::vector<std::string> valid_answers() const override { return {"0", "1", "2", "3", "4", "5"}; }
  tasks::Reference reference(const data::CaseRecord& record) const override {
    const auto found = record.other.find("toxicity_grade");
    if (found == record.other.end()) return {{std::nullopt, "grade not recorded"}};
    return {{found->second, ""}};
  }
};

}  // namespace

TEST_CASE("a task of one's own has the rest by default: labels, one named answer, equality") {
  const ToxicityGrade task;
  auto record = test::made_up_case("1");
  CHECK_THROWS_WITH_AS(task.build_pair(record), doctest::Contains("grade not recorded"), Error);
  record.other["toxicity_grade"] = "3";
  const auto pair = task.build_pair(record);
  CHECK(pair.answer == "3");
  CHECK(pair.details.find('3') == std::string::npos);
  for (const auto& [text, value] : {std::pair("3", "3"), {"Grade 3.", "3"}, {"Let me see.\n2", "2"}})
    CHECK(task.parse_text(text).value == value);
  for (const char* text : {"13", "2 or 3", "", "three", "G3"}) CHECK_FALSE(task.parse_text(text).value.has_value());
  const auto score = task.score(task.parse("case-1", "m", "grade 3", {}, tasks::Allowed::kValidAnswers), pair);
  CHECK(score.correct == 1);
  CHECK(score.title == "Toxicity grade");
  CHECK(score.has_classes);
  CHECK(score.allowed == tasks::Allowed::kValidAnswers);
  CHECK(score.partial.empty());
  CHECK(score.quantities.empty());
}

TEST_CASE("of answers that are named inside one another, the longest counts") {
  class Beams : public ToxicityGrade {
    std::vector<std::string> valid_answers() const override { return {"photon", "photon imrt", "electron"}; }
  };
  CHECK(Beams().parse_text("Photon IMRT").value == "photon imrt");
  CHECK(Beams().parse_text("photons").value == "photon");
  CHECK_FALSE(Beams().parse_text("photons and electrons").value.has_value());
}
