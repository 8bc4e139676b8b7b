// The records of examples/data, and the cohort that the study selects from them.
#pragma once

#include <filesystem>
#include <vector>

#include "radonc/data/cohort.hpp"
#include "radonc/data/read_cases.hpp"

namespace radonc::test {

inline std::filesystem::path example_path() {
  return std::filesystem::path(RADONC_EXAMPLE_DATA) / "tcga_irradiated.jsonl";
}

inline const std::vector<data::CaseRecord>& example_cases() {
  static const std::vector<data::CaseRecord> cases = data::read_cases(example_path());
  return cases;
}

inline const data::Cohort& example_cohort() {
  static const data::Cohort cohort = data::select_cohort(example_cases());
  return cohort;
}

/// A made-up case that the cohort keeps and that has an answer for all three tasks.
inline data::CaseRecord made_up_case(const std::string& id) {
  data::CaseRecord record{.case_id = "case-" + id, .patient_id = "patient-" + id};
  record.age = "61";
  record.primary_site = "breast";
  record.histology = "infiltrating ductal carcinoma";
  record.icd10 = "c50.9";
  record.courses = {{.modality = "external beam",
                     .dose = "5000",
                     .dose_unit = "cgy",
                     .fractions = "25",
                     .target_site = "primary tumor field",
                     .ongoing = "no"}};
  return record;
}

}  // namespace radonc::test
