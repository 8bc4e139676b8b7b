#include <doctest/doctest.h>

#include <map>

#include "radonc/core/error.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "support/example_cases.hpp"

using namespace radonc;

TEST_CASE("every reference is canonical, and as many as pinned") {
  const std::vector<std::size_t> expected = {1'101, 1'800, 1'946};
  const auto all = tasks::make_tasks(test::example_cohort().cases);
  REQUIRE(all.size() == expected.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAPTURE(all[i]->name());
    std::size_t count = 0;
    for (const auto& record : test::example_cohort().cases) {
      const auto reference = all[i]->reference(record);
      if (!reference) continue;
      ++count;
      CAPTURE(*reference);
      CHECK(all[i]->parse_text(*reference).value == *reference);
      CHECK(all[i]->score(all[i]->parse(record.case_id, "m", *reference), all[i]->build_pair(record)).correct == 1);
    }
    CHECK(count == expected[i]);
  }
}

TEST_CASE("the regimens' grammar holds every reference, and only what the task reads") {
  const auto task = tasks::regimen_task(test::example_cohort().cases);
  const auto grammar = task->grammar();
  REQUIRE(grammar);
  for (const auto& record : test::example_cohort().cases) {
    const auto reference = task->reference(record);
    if (!reference) continue;
    CAPTURE(*reference);
    CHECK(grammar->accepts(*reference));
    CHECK_FALSE(grammar->accepts(*reference + "; then 200 cGy x 5 fractions; total 1000 cGy"));
  }
  CHECK_FALSE(grammar->accepts("Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6600 cGy"));
  CHECK(tasks::regimen_task()->grammar() == nullptr);
  CHECK(tasks::icd10_task()->grammar() == nullptr);
}

TEST_CASE("an external beam is never called photon") {
  const auto all = tasks::make_tasks(test::example_cohort().cases);
  CHECK(all[1]->question().find("photon") == std::string::npos);
  CHECK(all[1]->question().find("brachytherapy, external beam or radionuclide?") != std::string::npos);
  for (const auto& record : test::example_cohort().cases) {
    if (!record.courses[0].modality.starts_with("external")) continue;
    if (const auto reference = all[0]->reference(record)) CHECK((*reference).find("photon") == std::string::npos);
    if (const auto reference = all[1]->reference(record)) CHECK(*reference == "external beam");
  }
  CHECK(all[1]->parse_text("photons").value == "photon");  // read, and wrong
}

TEST_CASE("regimens are read in the forms that mean the same") {
  const auto task = tasks::regimen_task();
  const std::string expected = "Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6000 cGy";
  for (const char* text :
       {"Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6000 cGy",
        "brain, primary tumor field; external beam; 2 Gy x 30 fractions; total 60 Gy.",
        "  Brain,  primary tumor field ;external beam; 200cGy x 30 fractions; 6000 cGy",
        "BRAIN, PRIMARY TUMOR FIELD; EXTERNAL BEAM; 200 CGY X 30 FRACTIONS; TOTAL 6000 CGY",
        "Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6000 cGy\nSecond line",
        "Brain, primary tumor field; EBRT; 60 Gy in 30 fractions",
        "Brain, primary tumor field: external-beam radiotherapy, 6000cGy/30fx"}) {
    CAPTURE(text);
    CHECK(task->parse_text(text).value == expected);
  }
  CHECK(task->parse_text("Here it is:\n\n" + expected + "\n").value == expected);
  const std::string odd = "Breast; external beam; 266.5 cGy x 16 fractions; total 4264 cGy";
  CHECK(task->parse_text(odd).value == odd);
}

TEST_CASE("what is no regimen gives a reason, whatever it is") {
  const auto task = tasks::regimen_task();
  const std::string nines(350, '9');
  for (const std::string& text :
       {std::string(), std::string("60 Gy in 30"), std::string("External beam, 60 Gy in 30"),
        std::string("Brain, 60 Gy in 30"), std::string("Brain; external beam; 200 cGy; total 6000 cGy"),
        std::string("Brain; external beam; 200 cGy x many fractions; total 6000 cGy"),
        std::string("Brain; external beam; 200 x 30 fractions; total 6000"),
        std::string("; external beam; 200 cGy x 30 fractions; total 6000 cGy"),
        std::string("Brain; external beam; 200 cGy x 30 fractions; total 6000 cGy; and more"),
        std::string(100'000, ';'), std::string(100'000, 'a'), "a; b; " + nines + " cGy x 3 fractions; total 1 cGy",
        std::string("a; b; 900000 Gy x 3 fractions; total 1 cGy"), std::string(399, ' ') + "\xff"}) {
    CAPTURE(text.substr(0, 80));
    const auto read = task->parse_text(text);
    CHECK_FALSE(read.value.has_value());
    CHECK_FALSE(read.reason.empty());
  }
  // A canonical form can be read again, however wrong the dose.
  const auto wild = task->parse_text("Brain; external beam; 9999.99 Gy x 30 fractions; total 765432.25 cGy").value;
  REQUIRE(wild.has_value());
  CHECK(task->parse_text(*wild).value == wild);
}

TEST_CASE("a regimen of several phases is credited by phase") {
  const auto task = tasks::regimen_task();
  const std::string reference =
      "Breast; photon; 200 cGy x 25 fractions; total 5000 cGy; then to tumor bed; by electron; 200 cGy x 5 fractions; "
      "total 1000 cGy";
  REQUIRE(task->parse_text(reference).value == reference);
  const auto credits = [&](const std::string& text) {
    const auto list = task->partial_credits(task->parse_text(text).value, reference);
    return std::map<std::string, double>(list.begin(), list.end());
  };
  std::string longer = reference;
  for (int i = 0; i < 9; ++i) longer += "; then to tumor bed; by electron; 200 cGy x 5 fractions; total 1000 cGy";
  CHECK(task->parse_text(longer).value == longer);  // no phase is cut off
  for (const auto& [name, credit] : credits(reference)) CHECK_MESSAGE(credit == 1, name);
  const auto one_phase = credits("Breast; photon; 200 cGy x 25 fractions; total 5000 cGy");
  CHECK(one_phase.at("prescription") == 0.5);
  CHECK(one_phase.at("total_dose") == 0);
  CHECK(one_phase.at("fractionation") == 0);
  CHECK(one_phase.at("fractionation_class") == 0);
  const auto other_boost = credits("Breast; photon; 50 Gy in 25, then 10 Gy in 4");
  CHECK(other_boost.at("prescription") == 0.5);
  CHECK(other_boost.at("total_dose") == 1);
  CHECK(other_boost.at("fractionation_class") == 0);
  const auto same_class = credits("Breast; photon; 45 Gy in 25, then 9 Gy in 5");
  CHECK(same_class.at("prescription") == 0);
  CHECK(same_class.at("fractionation_class") == 1);
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
  CHECK(credits("C50.1", "C50.9") == Credits{{"category", 1}, {"block", 1}, {"chapter", 1}, {"valid_code", 1}});
  CHECK(credits("C50.7", "C50.9") == Credits{{"category", 1}, {"block", 1}, {"chapter", 1}, {"valid_code", 0}});
  CHECK(credits("C18.7", "C20") == Credits{{"category", 0}, {"block", 1}, {"chapter", 1}, {"valid_code", 1}});
  CHECK(credits("C51.9", "C50.9") == Credits{{"category", 0}, {"block", 0}, {"chapter", 1}, {"valid_code", 1}});
  CHECK(credits("Z51.0", "C50.9") == Credits{{"category", 0}, {"block", 0}, {"chapter", 0}, {"valid_code", 1}});
  CHECK(credits("C99.9", "C98.9") == Credits{{"category", 0}, {"block", 0}, {"chapter", 0}, {"valid_code", 0}});
  CHECK(credits(std::nullopt, "C50.9") == Credits{{"category", 0}, {"block", 0}, {"chapter", 0}, {"valid_code", 0}});
}

TEST_CASE("why a case has no answer is a rule's name, and what is to be known of one is told") {
  auto record = test::made_up_case("1");
  record.icd10 = "";
  CHECK(tasks::icd10_task()->reference(record).reason == "code missing or not well formed");
  CHECK(tasks::regimen_task()->reference(record).remark.empty());
  record.courses[0].dose_unit = "gy";
  CHECK(tasks::regimen_task()->reference(record).remark == "dose unit corrected");
  record.courses[0].dose = "";
  CHECK(tasks::regimen_task()->reference(record).reason == "dose missing");
  record.courses[0].modality = "";
  CHECK(tasks::modality_task({"photon"})->reference(record).reason == "modality missing");
  record.courses.clear();
  CHECK(tasks::regimen_task()->reference(record).reason == "not one course");
}

TEST_CASE("the quantities of a regimen are those of dose arithmetic") {
  const auto task = tasks::regimen_task();
  const std::string sixty = "Brain; external beam; 200 cGy x 30 fractions; total 6000 cGy";
  const auto quantities = task->quantities("Brain; external beam; 180 cGy x 25 fractions; total 4500 cGy", sixty);
  REQUIRE(quantities.size() == 3);
  CHECK(quantities[0] == tasks::Quantity{"total dose", "Gy", 45, 60});
  CHECK(quantities[1].name == "BED");
  CHECK(quantities[1].value == doctest::Approx(53.1));
  CHECK(quantities[1].reference == doctest::Approx(72));
  CHECK(quantities[2].value == doctest::Approx(44.25));
}

TEST_CASE("tasks are chosen by name, or brought along") {
  const auto cases = std::vector{test::made_up_case("1")};
  const auto names = [&](const std::vector<tasks::TaskChoice>& choices) {
    std::vector<std::string> all;
    for (const auto& task : tasks::make_tasks(cases, choices)) all.push_back(task->name());
    return all;
  };
  CHECK(names({}) == tasks::study_task_names());
  CHECK(names({"icd10", tasks::modality_task({"photon"})}) == std::vector<std::string>{"icd10", "modality"});
  CHECK_THROWS_WITH_AS(names({"icd9"}), doctest::Contains("regimen, modality, icd10"), Error);
  CHECK_THROWS_WITH_AS(names({"icd10", tasks::icd10_task()}), doctest::Contains("chosen twice"), Error);
  CHECK_THROWS_AS(names({std::shared_ptr<const tasks::Task>()}), Error);
}

TEST_CASE("a task that cannot be studied says so in a sentence") {
  const auto task = tasks::icd10_task();
  const auto pair = [&](const char* answer) { return tasks::Pair{.task = "icd10", .answer = answer}; };
  const std::vector<tasks::Pair> one = {pair("C50.9"), pair("C50.9")}, two = {pair("C50.9"), pair("C61")};
  CHECK(tasks::why_not_studied(*task, two, one).empty());
  CHECK(tasks::why_not_studied(*task, one, one).find("ICD-10 code (icd10) is not studied: all 2 training cases") == 0);
  CHECK(tasks::why_not_studied(*task, {}, one).find("no training case") != std::string::npos);
  CHECK(tasks::why_not_studied(*task, two, {}).find("no held-out case") != std::string::npos);
}
