#include <doctest/doctest.h>

#include "radonc/data/icd10.hpp"
#include "support/example_cases.hpp"

using namespace radonc;
using data::normalize_icd10;

TEST_CASE("ICD-10-CM codes have one form") {
  CHECK(normalize_icd10("c50.9") == "C50.9");
  CHECK(normalize_icd10("C509") == "C50.9");
  CHECK(normalize_icd10("c73") == "C73");
  CHECK(normalize_icd10("C4A") == "C4A");
  CHECK(normalize_icd10("c7a.00") == "C7A.00");
  CHECK(normalize_icd10("C49.A1") == "C49.A1");
  CHECK(normalize_icd10("c50.9119") == "C50.9119");
}

TEST_CASE("what is not of the form is no code") {
  for (const char* text : {"", "c", "c5", "50.9", "cc0.9", "c50.", "c5.09", "c50..9", "c50.91191", "c50 9", " c50.9",
                           "c50.9 ", "c50,9", "c50.é", "breast", "c50.9-"}) {
    CAPTURE(text);
    CHECK_FALSE(normalize_icd10(text).has_value());
  }
}

TEST_CASE("every example code is one, normalising is idempotent, and its category is a code") {
  for (const auto& record : test::example_cases()) {
    if (record.icd10.empty()) continue;
    CAPTURE(record.icd10);
    const auto code = normalize_icd10(record.icd10);
    REQUIRE(code.has_value());
    CHECK(normalize_icd10(*code) == code);
    CHECK(data::icd10_category(*code).size() == 3);
    CHECK(normalize_icd10(data::icd10_category(*code)) == data::icd10_category(*code));
  }
}

TEST_CASE("a stage is no code") {
  CHECK_FALSE(normalize_icd10("T2N0M0").has_value());
}
