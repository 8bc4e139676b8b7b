#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/data/read_cases.hpp"
#include "support/example_cases.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;

namespace {

std::vector<data::CaseRecord> read(const std::string& content) {
  const test::TemporaryFolder folder;
  core::write_file_atomically(folder.path() / "cases.jsonl", content);
  return data::read_cases(folder.path() / "cases.jsonl");
}

const std::string kGood = R"({"case_id": "a", "patient_id": "p"})";

bool same(data::CaseRecord a, data::CaseRecord b) {
  a.where = b.where = "";
  return data::to_json(a) == data::to_json(b) && a.stage == b.stage && a.biomarkers == b.biomarkers &&
         a.other == b.other && a.surgery == b.surgery && a.courses == b.courses;
}

}  // namespace

TEST_CASE("all example records are read") {
  const auto& cases = test::example_cases();
  CHECK(cases.size() == 2'287);
  std::set<std::string> ids;
  for (const auto& record : cases) ids.insert(record.case_id);
  CHECK(ids.size() == cases.size());
  const auto& first = cases.front();
  CHECK(first.case_id == "tcga:tcga-bt-a2ld");
  CHECK(first.where.ends_with("tcga_irradiated.jsonl:1"));
  CHECK(first.age == "78");
  CHECK(first.laterality.empty());
  CHECK(first.stage.at("t") == "t3a");
  REQUIRE(first.courses.size() == 1);
  CHECK(first.courses[0].modality == "external");
  CHECK(first.courses[0].dose.empty());
  CHECK(first.icd10 == "c67.0");
}

TEST_CASE("a record written and read is the same record") {
  std::string content;
  for (const auto& record : test::example_cases()) content += data::to_json(record) + "\n";
  const auto again = read(content);
  REQUIRE(again.size() == test::example_cases().size());
  std::size_t num_different = 0;
  for (std::size_t i = 0; i < again.size(); ++i) num_different += !same(again[i], test::example_cases()[i]);
  CHECK(num_different == 0);
  CHECK(data::to_json(again[0]).find('\n') == std::string::npos);
}

TEST_CASE("numbers, nulls, unknown fields, blank lines and missing line ends are accepted") {
  const auto cases = read(
      "\n" + kGood + "\r\n  \n" +
      R"({"case_id": 7, "patient_id": "q", "age": 61, "grade": null, "unknown": [1], "stage": {"t": 2, "n": null}, "courses": [{"dose": 59.4}]})");
  REQUIRE(cases.size() == 2);
  CHECK(cases[0].courses.empty());
  CHECK(cases[1].case_id == "7");
  CHECK(cases[1].age == "61");
  CHECK(cases[1].grade.empty());
  CHECK(cases[1].stage == std::map<std::string, std::string>{{"t", "2"}});
  CHECK(cases[1].courses[0].dose == "59.4");
  CHECK(cases[1].where.find("cases.jsonl:4") != std::string::npos);
}

TEST_CASE("a file that cannot be read names its line and says why") {
  const auto throws = [](const std::string& content, const char* contains) {
    CAPTURE(content);
    CHECK_THROWS_WITH_AS(read(content), doctest::Contains(contains), Error);
  };
  throws("", "no record");
  throws("\n \n", "no record");
  throws(kGood + "\nnot JSON\n", "cases.jsonl:2");
  throws(kGood + "\n[1]\n", "JSON object");
  throws(kGood.substr(0, 20), "cases.jsonl:1");
  throws("{\"case_id\": \"\xff\", \"patient_id\": \"p\"}", "cases.jsonl:1");
  throws(R"({"patient_id": "p"})", "case_id");
  throws(R"({"case_id": "", "patient_id": "p"})", "case_id");
  throws(R"({"case_id": "a"})", "patient_id");
  throws(R"({"case_id": "a", "patient_id": null})", "case a");
  throws(kGood + "\n" + kGood, "line 1");
  throws(kGood + "\n" + kGood, "cases.jsonl:2");
  throws(R"({"case_id": ["a"], "patient_id": "p"})", "case_id");
  throws(R"({"case_id": "a", "patient_id": "p", "age": {"years": 61}})", "age");
  throws(R"({"case_id": "a", "patient_id": "p", "age": true})", "age");
  throws(R"({"case_id": "a", "patient_id": "p", "stage": "t2"})", "stage");
  throws(R"({"case_id": "a", "patient_id": "p", "stage": {"t": [2]}})", "t:");
  throws(R"({"case_id": "a", "patient_id": "p", "courses": "none"})", "courses");
  throws(R"({"case_id": "a", "patient_id": "p", "courses": [1]})", "courses");
  throws(R"({"case_id": "a", "patient_id": "p", "courses": [{"dose": [1]}]})", "dose");
  CHECK_THROWS_WITH_AS(data::read_cases("absent.jsonl"), doctest::Contains("absent.jsonl"), Error);
}

TEST_CASE("an error never quotes the record's text") {
  try {
    read(R"({"case_id": "a", "patient_id": "p", "age": {"x": "secret finding"}})");
    FAIL("expected an error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("secret") == std::string::npos);
  }
}
