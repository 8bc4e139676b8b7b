#include "radonc/data/details.hpp"

#include <regex>

namespace radonc::data {
namespace {

struct Finding {
  const char* key;   // in biomarkers, stage or other
  const char* name;  // in the details
};
constexpr Finding kStage[] = {
    {"t", "T"}, {"n", "N"}, {"m", "M"}, {"group", "Stage"}, {"clinical_group", "Clinical stage"}};
constexpr Finding kBiomarkers[] = {{"breast_carcinoma_estrogen_receptor_status", "ER"},
                                   {"breast_carcinoma_progesterone_receptor_status", "PR"},
                                   {"lab_proc_her2_neu_immunohistochemistry_receptor_status", "HER2"},
                                   {"hpv_status", "HPV"},
                                   {"psa_value", "PSA"},
                                   {"ldh1_mutation_found", "IDH1 mutation"}};
constexpr Finding kOther[] = {{"karnofsky_performance_score", "Karnofsky"},
                              {"eastern_cancer_oncology_group", "ECOG"},
                              {"stage_event.gleason_grading.gleason_score", "Gleason"},
                              {"number_of_lymphnodes_positive_by_he", "Positive nodes"},
                              {"lymphovascular_invasion_present", "Lymphovascular invasion"},
                              {"stage_event.masaoka_stage", "Masaoka"},
                              {"breslow_depth_value", "Breslow mm"}};

void add(std::string& details, const std::string& name, const std::string& value) {
  if (value.empty()) return;
  if (!details.empty()) details += '\n';
  details += name + ": ";
  for (const char c : value) details += c == '\n' || c == '\r' ? ' ' : c;  // a value cannot pose as another line
}

template <std::size_t N>
void add_findings(std::string& details, const Finding (&findings)[N],
                  const std::map<std::string, std::string>& values) {
  for (const Finding& finding : findings)
    if (const auto found = values.find(finding.key); found != values.end()) add(details, finding.name, found->second);
}

/// Safe Harbor groups the ages over 89.
std::string grouped_age(const std::string& age) {
  const bool is_number = !age.empty() && age.size() <= 3 && age.find_first_not_of("0123456789") == age.npos;
  return is_number && std::stoi(age) > 89 ? "90 or older" : age;
}

/// Some registries write into the histology whether the tumour had been treated: "untreated primary (de novo) gbm".
std::string without_earlier_treatment(const std::string& histology) {
  static const std::regex kEarlier(R"(\b(?:un)?treated\s+|\s*\(de novo\))", std::regex::icase | std::regex::optimize);
  return std::regex_replace(histology, kEarlier, "");
}

}  // namespace

std::string diagnostic_details(const CaseRecord& record) {
  std::string details;
  add(details, "Age", grouped_age(record.age));
  add(details, "Sex", record.sex);
  add(details, "Site", record.primary_site);
  if (record.subsite != record.primary_site) add(details, "Subsite", record.subsite);
  if (record.subsite.find(record.laterality) == std::string::npos) add(details, "Side", record.laterality);
  add(details, "Histology", without_earlier_treatment(record.histology));
  if (record.histology.empty()) add(details, "Morphology", record.icd_o_3_histology);
  add(details, "Grade", record.grade);
  add_findings(details, kStage, record.stage);
  add_findings(details, kBiomarkers, record.biomarkers);
  add_findings(details, kOther, record.other);
  return details;
}

std::vector<std::string> stated_answers(const std::string& details) {
  using std::regex;
  constexpr auto kFlags = regex::icase | regex::optimize;
  static const std::pair<const char*, regex> kPatterns[] = {
      {"icd10", regex(R"(\b[cd]\d[\dab](\.?[\da-z]{1,4})?\b)", kFlags)},
      {"dose", regex(R"(\d\s*c?gy\b)", kFlags)},
      {"fractions", regex(R"(\d\s*(fx|fractions?)\b)", kFlags)},
      {"modality",
       regex(
           R"(\b(brachytherapy|external beam|photons?|protons?|electrons?|radionuclides?|radioiodine|radiotherapy|irradiat\w+|radiation)\b)",
           kFlags)}};
  std::vector<std::string> found;
  for (const auto& [name, pattern] : kPatterns)
    if (std::regex_search(details, pattern)) found.emplace_back(name);
  return found;
}

}  // namespace radonc::data
