#include <doctest/doctest.h>

#include "radonc/data/details.hpp"
#include "support/example_cases.hpp"

using namespace radonc;
using data::diagnostic_details;
using data::stated_answers;
using Names = std::vector<std::string>;

TEST_CASE("details are one finding a line, missing ones left out") {
  auto record = test::made_up_case("1");
  record.stage = {{"t", "t2"}, {"group", "stage ii"}};
  record.biomarkers = {{"breast_carcinoma_estrogen_receptor_status", "positive"}};
  CHECK(diagnostic_details(record) ==
        "Age: 61\nSite: breast\nHistology: infiltrating ductal carcinoma\nT: t2\nStage: stage ii\nER: positive");
  CHECK(diagnostic_details({}).empty());
}

TEST_CASE("no code of the site is in any example's details") {
  for (const auto& record : test::example_cohort().cases) {
    const std::string details = diagnostic_details(record);
    CAPTURE(record.case_id);
    CHECK_FALSE(details.empty());
    for (const std::string& secret :
         {record.icd10, record.icd_o_3_site, record.patient_id, record.case_id, record.source})
      if (!secret.empty()) CHECK(details.find(secret) == std::string::npos);
  }
}

TEST_CASE("what a detail must not read cannot change it") {
  for (const auto& record : test::example_cases()) {
    auto other = record;
    other.case_id = other.patient_id = other.source = other.institution = other.dx_year = other.race = "XX";
    other.icd_o_3_site = other.icd10 = other.radiation_flag = other.where = "XX";
    other.surgery = {{"XX", "XX"}};
    other.courses = {{.modality = "XX", .dose = "XX"}};
    CHECK(diagnostic_details(other) == diagnostic_details(record));
  }
}

TEST_CASE("answers that a text states are found") {
  CHECK(stated_answers("Site: breast, C50.9") == Names{"icd10"});
  CHECK(stated_answers("see c73") == Names{"icd10"});
  for (const char* code : {"C509", "c4a", "C7A.00", "d05.12", "(C50.911)"})
    CHECK_MESSAGE(stated_answers(code) == Names{"icd10"}, code);
  CHECK(stated_answers("after 60 Gy") == Names{"dose"});
  CHECK(stated_answers("after 6000cGy") == Names{"dose"});
  CHECK(stated_answers("in 30 fractions") == Names{"fractions"});
  CHECK(stated_answers("1 fraction, 5fx") == Names{"fractions"});
  for (const char* word :
       {"Brachytherapy", "external beam", "photon", "protons", "electron", "radionuclide", "irradiated"})
    CHECK(stated_answers(word) == Names{"modality"});
  CHECK(stated_answers("C50.9, 60 Gy in 30 fractions, photons") == Names{"icd10", "dose", "fractions", "modality"});
  for (const char* harmless : {"", "T: t2\nStage: stage ii", "Gleason: 7", "Age: 61", "Morphology: 8500/3", "energy",
                               "pc50", "C5-C6", "grade d", "cd20", "CD4+"})
    CHECK(stated_answers(harmless).empty());
}

TEST_CASE("ages over 89 are grouped") {
  data::CaseRecord record;
  for (const auto& [age, shown] : {std::pair("89", "89"), {"90", "90 or older"}, {"104", "90 or older"}, {"?", "?"}}) {
    record.age = age;
    CHECK(diagnostic_details(record) == "Age: " + std::string(shown));
  }
}

TEST_CASE("a histology does not tell of an earlier treatment") {
  data::CaseRecord record;
  for (const char* histology : {"untreated primary (de novo) gbm", "treated primary gbm", "Treated primary GBM"}) {
    record.histology = histology;
    CHECK(diagnostic_details(record).substr(0, 18) == "Histology: primary");
    CHECK(diagnostic_details(record).size() == std::string("Histology: primary gbm").size());
  }
}

TEST_CASE("a value cannot pose as a line of its own") {
  data::CaseRecord record;
  record.histology = "carcinoma\nGrade: g3";
  CHECK(data::diagnostic_details(record) == "Histology: carcinoma Grade: g3");
}
