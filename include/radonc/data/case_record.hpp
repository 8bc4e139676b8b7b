// One case as the hospital recorded it: who, which tumour, and the radiation courses.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::data {

/// One radiation course, as recorded. An empty string is a missing value.
struct RADONC_API Course {
  std::string intent;         ///< adjuvant, palliative, recurrence …
  std::string intent_notes;   ///< in words; only tells one course from another
  std::string modality;       ///< external beam, implants, systemic, photon …
  std::string technique;      ///< IMRT, VMAT … where recorded
  std::string dose;           ///< total dose as written: "6000", "59,4", "42.5+10"
  std::string dose_unit;      ///< cgy, gy, mci
  std::string fractions;      ///< number of fractions as written: "30", "01", "30 fr"
  std::string target_site;    ///< primary tumor field, regional site …
  std::string course_number;  ///< as recorded
  std::string start_day;      ///< days from diagnosis
  std::string end_day;        ///< days from diagnosis
  std::string ongoing;        ///< yes, no

  bool operator==(const Course&) const = default;
};

/// One case. Everything is text as recorded; an empty string or an absent key is a missing value.
struct RADONC_API CaseRecord {
  std::string case_id;     ///< unique in the file
  std::string patient_id;  ///< pseudonymous; the split keeps a patient's cases together
  std::string source;      ///< where the record comes from
  std::string institution;
  std::string dx_year;
  std::string age;  ///< years
  std::string sex;
  std::string race;  ///< for audits of fairness; never in a prompt
  std::string primary_site;
  std::string subsite;
  std::string laterality;
  std::string histology;
  std::string icd_o_3_histology;  ///< morphology code, "8500/3"
  std::string icd_o_3_site;       ///< nearly the answer of the ICD-10 task; never in a prompt
  std::string grade;
  std::map<std::string, std::string> stage;       ///< t, n, m, group, clinical_group …
  std::map<std::string, std::string> biomarkers;  ///< name → value
  std::map<std::string, std::string> other;       ///< further findings, name → value
  std::map<std::string, std::string> surgery;     ///< treatment; never in a prompt
  std::string radiation_flag;                     ///< yes, no
  std::vector<Course> courses;
  std::string icd10;  ///< as recorded, "c50.9"
  std::string where;  ///< file and line it was read from, for messages
};

}  // namespace radonc::data
