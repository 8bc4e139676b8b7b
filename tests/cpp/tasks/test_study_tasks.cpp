#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "support/example_cases.hpp"

using namespace radonc;
using tasks::parse_regimen;
using tasks::Regimen;

TEST_CASE("every reference is canonical, and as many as pinned") {
  const std::vector<std::size_t> expected = {1'101, 1'800, 1'946};
  const auto all = tasks::study_tasks(test::example_cohort().cases);
  REQUIRE(all.size() == expected.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAPTURE(all[i]->name());
    std::size_t count = 0;
    for (const auto& record : test::example_cohort().cases) {
      const auto reference = all[i]->reference(record);
      if (!reference) continue;
      ++count;
      CAPTURE(*reference);
      CHECK(all[i]->parse_text(*reference).value == reference);
      CHECK(all[i]->score(all[i]->parse(record.case_id, "m", *reference), all[i]->build_pair(record)).correct == 1);
    }
    CHECK(count == expected[i]);
  }
}

TEST_CASE("an external beam is never called photon") {
  const auto all = tasks::study_tasks(test::example_cohort().cases);
  CHECK(all[1]->question().find("photon") == std::string::npos);
  CHECK(all[1]->question().find("brachytherapy, external beam or radionuclide?") != std::string::npos);
  for (const auto& record : test::example_cohort().cases) {
    if (!record.courses[0].modality.starts_with("external")) continue;
    if (const auto reference = all[0]->reference(record)) CHECK(reference->find("photon") == std::string::npos);
    if (const auto reference = all[1]->reference(record)) CHECK(reference == "external beam");
  }
  CHECK(all[1]->parse_text("photons").value == "photon");  // read, and wrong
}

TEST_CASE("regimens are read in the forms that mean the same") {
  const Regimen expected{.site = "brain, primary tumor field",
                         .modality = "external beam",
                         .dose_per_fraction_cgy = 200,
                         .num_fractions = 30,
                         .total_dose_cgy = 6000};
  for (const char* text :
       {"Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6000 cGy",
        "brain, primary tumor field; external beam; 2 Gy x 30 fractions; total 60 Gy.",
        "  Brain,  primary tumor field ;external beam; 200cGy x 30 fractions; 6000 cGy",
        "BRAIN, PRIMARY TUMOR FIELD; EXTERNAL BEAM; 200 CGY X 30 FRACTIONS; TOTAL 6000 CGY",
        "Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6000 cGy\nSecond line"}) {
    CAPTURE(text);
    const auto read = parse_regimen(text);
    CHECK(read.value == expected);
  }
  CHECK(parse_regimen(tasks::to_text(expected)).value == expected);
  CHECK(tasks::regimen_task()->parse_text("Here it is:\n\n" + tasks::to_text(expected) + "\n").value ==
        tasks::to_text(expected));
  const Regimen odd{"breast", "external beam", 266.5, 16, 4264};
  CHECK(tasks::to_text(odd) == "Breast; external beam; 266.5 cGy x 16 fractions; total 4264 cGy");
  CHECK(parse_regimen(tasks::to_text(odd)).value == odd);
}

TEST_CASE("what is no regimen gives a reason, whatever it is") {
  const std::string nines(350, '9');
  for (const std::string& text :
       {std::string(), std::string("60 Gy in 30"), std::string("Brain; external beam; 200 cGy; total 6000 cGy"),
        std::string("Brain; external beam; 200 cGy x many fractions; total 6000 cGy"),
        std::string("Brain; external beam; 200 x 30 fractions; total 6000"),
        std::string("; external beam; 200 cGy x 30 fractions; total 6000 cGy"),
        std::string("Brain; external beam; 200 cGy x 30 fractions; total 6000 cGy; and more"),
        std::string(100'000, ';'), std::string(100'000, 'a'), "a; b; " + nines + " cGy x 3 fractions; total 1 cGy",
        std::string("a; b; 900000 Gy x 3 fractions; total 1 cGy"), std::string(399, ' ') + "\xff"}) {
    CAPTURE(text.substr(0, 80));
    const auto read = parse_regimen(text);
    CHECK_FALSE(read.value.has_value());
    CHECK_FALSE(read.reason.empty());
  }
  // A canonical form can be read again, however wrong the dose.
  const auto task = tasks::regimen_task();
  const auto wild = task->parse_text("Brain; external beam; 9999.99 Gy x 30 fractions; total 765432.25 cGy").value;
  REQUIRE(wild.has_value());
  CHECK(task->parse_text(*wild).value == wild);
}

TEST_CASE("an answer names exactly one modality") {
  const auto task = tasks::modality_task({"external beam", "brachytherapy"});
  CHECK(task->question().find("brachytherapy or external beam?") != std::string::npos);
  CHECK(task->parse_text("External Beam.").value == "external beam");
  CHECK(task->parse_text("The modality is brachytherapy").value == "brachytherapy");
  CHECK(task->parse_text("protons").value == "proton");
  CHECK(task->parse_text("Let me think.\n\nExternal beam.\nNot brachytherapy.").value == "external beam");
  for (const char* text : {"", "surgery", "photonics", "brachytherapy or external beam", "external"}) {
    CAPTURE(text);
    CHECK_FALSE(task->parse_text(text).value.has_value());
    CHECK_FALSE(task->parse_text(text).reason.empty());
  }
  CHECK_THROWS_AS(tasks::modality_task({}), Error);
}

TEST_CASE("an answer names exactly one code") {
  const auto task = tasks::icd10_task();
  for (const char* text : {"C50.9", "c50.9", "C509", " C50.9.\nmore", "The code is C50.9", "C50.9 (C50.9)",
                           "Stage T2a N1b:\n\nC50.9", "C50.9, stage T2a", "Sure!\nC50.9\nnot C61"}) {
    CAPTURE(text);
    CHECK(task->parse_text(text).value == "C50.9");
  }
  for (const char* text : {"", "breast", "C50.9 or C50.1", "50.9"}) {
    CAPTURE(text);
    CHECK_FALSE(task->parse_text(text).value.has_value());
  }
  using Credits = std::vector<std::pair<std::string, double>>;
  const auto credits = [&](const std::optional<std::string>& prediction, const char* reference) {
    return task->partial_credits(prediction, reference);
  };
  CHECK(credits("C50.1", "C50.9") == Credits{{"category", 1}, {"block", 1}, {"chapter", 1}, {"valid", 1}});
  CHECK(credits("C50.7", "C50.9") == Credits{{"category", 1}, {"block", 1}, {"chapter", 1}, {"valid", 0}});
  CHECK(credits("C18.7", "C20") == Credits{{"category", 0}, {"block", 1}, {"chapter", 1}, {"valid", 1}});
  CHECK(credits("C51.9", "C50.9") == Credits{{"category", 0}, {"block", 0}, {"chapter", 1}, {"valid", 1}});
  CHECK(credits("Z51.0", "C50.9") == Credits{{"category", 0}, {"block", 0}, {"chapter", 0}, {"valid", 1}});
  CHECK(credits("C99.9", "C98.9") == Credits{{"category", 0}, {"block", 0}, {"chapter", 0}, {"valid", 0}});
  CHECK(credits(std::nullopt, "C50.9") == Credits{{"category", 0}, {"block", 0}, {"chapter", 0}, {"valid", 0}});
}

TEST_CASE("a cohort without an answer, or with one class, is an error that names the task") {
  auto record = test::made_up_case("1");
  record.icd10 = "";
  CHECK_THROWS_WITH_AS(tasks::study_tasks({record}), doctest::Contains("icd10"), Error);
  record = test::made_up_case("1");
  record.courses[0].dose = "";
  CHECK_THROWS_WITH_AS(tasks::study_tasks({record}), doctest::Contains("regimen"), Error);
  record.courses[0].modality = "";
  CHECK_THROWS_AS(tasks::study_tasks({record}), Error);
  CHECK_THROWS_AS(tasks::study_tasks({}), Error);
  CHECK_THROWS_WITH_AS(tasks::require_two_classes("modality", {"photon", "photon"}), doctest::Contains("photon"),
                       Error);
  CHECK_THROWS_WITH_AS(tasks::require_two_classes("modality", {}), doctest::Contains("modality"), Error);
  CHECK_NOTHROW(tasks::require_two_classes("modality", {"photon", "proton"}));
}
