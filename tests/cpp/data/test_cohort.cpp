#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/data/cohort.hpp"
#include "radonc/data/details.hpp"
#include "support/example_cases.hpp"

using namespace radonc;

TEST_CASE("the example cohort's flow") {
  const auto& cohort = test::example_cohort();
  const std::vector<std::pair<std::size_t, std::size_t>> expected = {{0, 2'287},  {0, 2'287}, {323, 1'964},
                                                                     {16, 1'948}, {2, 1'946}, {0, 1'946}};
  CHECK(cohort.flow.records == 2'287);
  REQUIRE(cohort.flow.steps.size() == expected.size());
  std::size_t left = cohort.flow.records;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(cohort.flow.steps[i].rule);
    CHECK(cohort.flow.steps[i].dropped == expected[i].first);
    CHECK(cohort.flow.steps[i].left == expected[i].second);
    CHECK(left - cohort.flow.steps[i].dropped == cohort.flow.steps[i].left);
    left = cohort.flow.steps[i].left;
  }
  CHECK(left == cohort.cases.size());
}

TEST_CASE("every case of the cohort has one course, is another patient, and states no answer") {
  std::set<std::string> patients;
  for (const auto& record : test::example_cohort().cases) {
    REQUIRE(record.courses.size() == 1);
    CHECK(record.courses[0].ongoing != "yes");
    CHECK(patients.insert(record.patient_id).second);
    CHECK(data::stated_answers(data::diagnostic_details(record)).empty());
  }
}

TEST_CASE("each rule drops what it is for") {
  const auto kept = test::made_up_case("kept");
  const auto dropped_at = [&](const std::vector<data::CaseRecord>& others) {
    std::vector<data::CaseRecord> cases = {kept};
    cases.insert(cases.end(), others.begin(), others.end());
    const auto cohort = data::select_cohort(cases);
    CHECK(cohort.cases.size() == 1);
    CHECK(cohort.cases[0].case_id == kept.case_id);
    for (std::size_t i = 0; i < cohort.flow.steps.size(); ++i)
      if (cohort.flow.steps[i].dropped == others.size()) return i;
    return cohort.flow.steps.size();
  };
  auto first = test::made_up_case("1"), second = test::made_up_case("2");
  second.patient_id = first.patient_id;
  CHECK(dropped_at({first, second}) == 0);
  auto record = test::made_up_case("3");
  record.courses.clear();
  CHECK(dropped_at({record}) == 1);
  record = test::made_up_case("4");
  record.courses.push_back(record.courses[0]);
  record.courses[1].dose = "1000";
  CHECK(dropped_at({record}) == 2);
  record = test::made_up_case("5");
  record.courses[0].ongoing = "yes";
  CHECK(dropped_at({record}) == 3);
  record = test::made_up_case("6");
  record.primary_site = record.histology = "";
  CHECK(dropped_at({record}) == 4);
  record = test::made_up_case("7");
  record.histology = "carcinoma, given 60 Gy";
  CHECK(dropped_at({record}) == 5);
}

TEST_CASE("an exact duplicate of a course counts once, and the radiation flag does not count") {
  auto record = test::made_up_case("1");
  record.courses.push_back(record.courses[0]);
  record.radiation_flag = "no";
  const auto cohort = data::select_cohort({record});
  REQUIRE(cohort.cases.size() == 1);
  CHECK(cohort.cases[0].courses.size() == 1);
}

TEST_CASE("courses that differ in a note alone are two courses") {
  auto record = test::made_up_case("1");
  record.courses.push_back(record.courses[0]);
  record.courses[1].intent_notes = "boost";
  CHECK_THROWS_AS(data::select_cohort({record}), Error);
}

TEST_CASE("an empty cohort is an error that shows the flow") {
  auto record = test::made_up_case("1");
  record.courses.clear();
  CHECK_THROWS_WITH_AS(data::select_cohort({record}), doctest::Contains("at least one radiation course"), Error);
  CHECK_THROWS_AS(data::select_cohort({}), Error);
}

TEST_CASE("the flow's printout has a line a rule") {
  const std::string text = test::example_cohort().flow.to_text();
  CHECK(std::count(text.begin(), text.end(), '\n') == static_cast<int>(test::example_cohort().flow.steps.size()) + 2);
  for (const auto& step : test::example_cohort().flow.steps) CHECK(text.find(step.rule) != std::string::npos);
}
