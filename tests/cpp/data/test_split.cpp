#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/data/details.hpp"
#include "radonc/data/split.hpp"
#include "support/example_cases.hpp"

using namespace radonc;
using data::Split;
using data::split_by_patient;

namespace {

std::vector<const std::vector<data::CaseRecord>*> parts(const Split& split) {
  return {&split.train, &split.validation, &split.test};
}

}  // namespace

TEST_CASE("the parts are whole, disjoint, and of the sizes asked for") {
  const auto& cases = test::example_cohort().cases;
  const Split split = split_by_patient(cases, {.num_validation = 50, .num_test = 200, .seed = 1});
  CHECK(split.test.size() == 200);
  CHECK(split.validation.size() == 50);
  CHECK(split.train.size() == cases.size() - 250);
  std::set<std::string> ids;
  for (const auto* part : parts(split))
    for (const auto& record : *part) ids.insert(record.case_id);
  CHECK(ids.size() == cases.size());
}

TEST_CASE("no patient is in two parts") {
  // All records, with patients merged in threes.
  auto cases = test::example_cases();
  for (std::size_t i = 0; i < cases.size(); ++i)
    cases[i].patient_id = "patient " + std::to_string(i % (cases.size() / 3));
  for (const std::uint64_t seed : {0, 1, 2}) {
    const Split split = split_by_patient(cases, {.num_validation = 100, .num_test = 200, .seed = seed});
    std::map<std::string, std::set<int>> parts_of;
    int number = 0;
    std::size_t total = 0;
    for (const auto* part : parts(split)) {
      for (const auto& record : *part) parts_of[record.patient_id].insert(number);
      total += part->size();
      ++number;
    }
    for (const auto& [patient, in] : parts_of) CHECK(in.size() == 1);
    CHECK(total == cases.size());
    CHECK(split.test.size() >= 200);
    CHECK(split.test.size() < 204);
    CHECK(split.validation.size() >= 100);
  }
}

TEST_CASE("the same seed gives the same split, whatever the records' order; another seed another") {
  auto cases = test::example_cohort().cases;
  const std::string first = data::to_json(split_by_patient(cases, {.seed = 7}));
  CHECK(first == data::to_json(split_by_patient(cases, {.seed = 7})));
  CHECK(first != data::to_json(split_by_patient(cases, {.seed = 8})));
  std::reverse(cases.begin(), cases.end());
  CHECK(first == data::to_json(split_by_patient(cases, {.seed = 7})));
}

TEST_CASE("training cases with a test case's details are counted") {
  const Split split = split_by_patient(test::example_cohort().cases, {.seed = 3});
  std::set<std::string> held_out;
  for (const auto& record : split.test) held_out.insert(data::diagnostic_details(record));
  std::size_t expected = 0;
  for (const auto& record : split.train) expected += held_out.count(data::diagnostic_details(record));
  CHECK(split.num_duplicate_details == expected);
  const Split twins = split_by_patient({test::made_up_case("1"), test::made_up_case("2")}, {.num_test = 1});
  CHECK(twins.num_duplicate_details == 1);
}

TEST_CASE("split.json names the cases of each part") {
  const Split split = split_by_patient(test::example_cohort().cases, {.num_validation = 5, .num_test = 10, .seed = 3});
  const auto json = nlohmann::json::parse(data::to_json(split));
  CHECK(json.at("test").size() == 10);
  CHECK(json.at("validation").size() == 5);
  CHECK(json.at("train").size() == split.train.size());
  CHECK(json.at("test")[0] == split.test[0].case_id);
}

TEST_CASE("a split that leaves nothing to train on is an error") {
  const std::vector<data::CaseRecord> cases = {test::made_up_case("1"), test::made_up_case("2")};
  CHECK_THROWS_WITH_AS(split_by_patient(cases, {.num_test = 2}), doctest::Contains("train"), Error);
  CHECK_THROWS_AS(split_by_patient(cases, {.num_validation = 1, .num_test = 1}), Error);
  CHECK_THROWS_AS(split_by_patient(cases), Error);
  CHECK_THROWS_AS(split_by_patient({}, {.num_test = 0}), Error);
  CHECK(split_by_patient(cases, {.num_test = 0}).train.size() == 2);
}

TEST_CASE("training cases beyond the limit are left out, and the duplicates counted are those of the rest") {
  std::vector<data::CaseRecord> cases;
  for (int i = 0; i < 30; ++i)
    cases.push_back({.case_id = std::to_string(i), .patient_id = std::to_string(i), .primary_site = "brain"});
  const auto split = data::split_by_patient(cases, {.num_test = 5, .max_train = 7});
  CHECK(split.train.size() == 7);
  CHECK(split.test.size() == 5);
  CHECK(split.num_duplicate_details == 7);
}
