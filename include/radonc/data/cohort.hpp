// Which cases the study keeps, and how many fell at which rule.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/data/case_record.hpp"

namespace radonc::data {

struct RADONC_API FlowStep {
  std::string rule;  ///< what a case must fulfil to be kept
  std::size_t dropped = 0;
  std::size_t left = 0;
};

struct RADONC_API CohortFlow {
  std::size_t records = 0;  ///< before the first rule
  std::vector<FlowStep> steps;

  /// An aligned printout, a line a rule.
  [[nodiscard]] std::string to_text() const;
};

struct RADONC_API Cohort {
  std::vector<CaseRecord> cases;  ///< each with exactly one course
  CohortFlow flow;
};

/// Keeps, as the study does, patients with one diagnostic record and one clearly identifiable course:
///   one diagnostic record a patient; at least one radiation course; exactly one once exact duplicates are removed; the
///   course not still going on; a site or a histology; details that do not state an answer themselves.
/// The recorded radiation flag is no rule: it speaks of the initial therapy, and contradicts the courses both ways.
/// Throws radonc::Error with the flow if nothing is left.
RADONC_API Cohort select_cohort(const std::vector<CaseRecord>& cases);

}  // namespace radonc::data
