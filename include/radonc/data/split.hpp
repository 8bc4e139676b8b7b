// Training, validation and test parts, by patient.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "radonc/data/case_record.hpp"

namespace radonc::data {

struct SplitOptions {
  std::size_t num_validation = 0;  ///< cases, at least; a patient's cases stay together
  std::size_t num_test = 200;
  std::size_t max_train = 0;  ///< cases beyond these are left out of the training part; 0 means no limit
  std::uint64_t seed = 0;
};

struct Split {
  std::vector<CaseRecord> train, validation, test;
  /// Training cases whose diagnostic details are the very same as a test case's: other patients, but worth knowing.
  std::size_t num_duplicate_details = 0;
};

/// No patient is in two parts. The same cases and seed give the same split on every machine.
/// Throws radonc::Error if the parts asked for leave nothing to train on.
Split split_by_patient(const std::vector<CaseRecord>& cases, const SplitOptions& options = {});

/// split.json: the case_ids of each part.
std::string to_json(const Split& split);

}  // namespace radonc::data
