// The diagnostic details of a case: all that a model is told.
#pragma once

#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/data/case_record.hpp"

namespace radonc::data {

/// One "Name: value" a line: age, sex, site, laterality, histology, grade, stage and the findings that a radiation
/// oncologist asks for. Nothing of the treatment, of any code of the site, of institution, year, race or identity can
/// reach it: it reads none of these fields.
RADONC_API std::string diagnostic_details(const CaseRecord& record);

/// What in `details` states an answer: an ICD-10 code, a dose, a number of fractions, a modality. Names of the
/// findings, e.g. "icd10", never the text itself; empty if there is none.
RADONC_API std::vector<std::string> stated_answers(const std::string& details);

}  // namespace radonc::data
