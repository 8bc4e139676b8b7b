// The page's sections, as HTML; empty where the result holds nothing for them.
#pragma once

#include <set>
#include <string>

#include "report/results.hpp"

namespace radonc::report {

/// Headline, abstract, and the figure of all accuracies.
std::string summary_section(const StudyResult& result);

/// The study's table, the differences between models, partial credits and doses.
std::string results_section(const StudyResult& result);
std::string comparisons_section(const StudyResult& result);
std::string partial_section(const StudyResult& result);

/// Case by case: in how many the tested model is better, and by how much.
std::string differences_section(const StudyResult& result);

std::string classes_section(const StudyResult& result);
std::string calibration_section(const StudyResult& result);
std::string subgroups_section(const StudyResult& result);

/// From records to held-out cases.
std::string cases_section(const StudyResult& result);
std::string examples_section(const StudyResult& result);

// What is needed to repeat the study.
std::string training_section(const StudyResult& result);
std::string prompts_section(const StudyResult& result);
std::string models_section(const StudyResult& result);
std::string environment_section(const StudyResult& result);

std::string limits_section(const StudyResult& result);

/// The items of TRIPOD-LLM; `present` are the ids of the page's other sections.
std::string checklist_section(const std::set<std::string>& present);

}  // namespace radonc::report
