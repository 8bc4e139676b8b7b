// Training, validation and test parts, by patient or by cohort.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/data/case_record.hpp"

namespace radonc::data {

struct RADONC_API SplitOptions {
  std::size_t num_validation = 0;  ///< cases, at least; a patient's cases stay together
  std::size_t num_test = 200;      ///< likewise
  std::size_t max_train = 0;       ///< cases beyond these are left out of the training part; 0 means no limit
  std::uint64_t seed = 0;
};

struct RADONC_API Split {
  std::vector<CaseRecord> train, validation, test;
  /// Training cases whose diagnostic details are the very same as a test case's: other patients, but worth knowing.
  std::size_t num_duplicate_details = 0;
};

/// No patient is in two parts. The same cases and seed give the same split on every machine.
/// Throws radonc::Error if the parts asked for leave nothing to train on.
RADONC_API Split split_by_patient(const std::vector<CaseRecord>& cases, const SplitOptions& options = {});

/// Trains on one cohort and tests on another, such as another hospital's. `train` are the cases of the first without
/// the patients of the second, of whom `num_dropped` tells how many cases there were; num_test of 0 takes all of the
/// second, else as many drawn at random. There is no validation part. Throws radonc::Error if a case_id is in both
/// cohorts, though of other patients, or if nothing is left to train on.
struct RADONC_API CohortSplit : Split {
  std::size_t num_dropped = 0;
};
RADONC_API CohortSplit split_by_cohort(const std::vector<CaseRecord>& train, const std::vector<CaseRecord>& test,
                                       const SplitOptions& options = {});

/// split.json: the case_ids of each part.
RADONC_API std::string to_json(const Split& split);

}  // namespace radonc::data
