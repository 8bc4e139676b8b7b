// Case records from a file, one JSON object a line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/data/case_record.hpp"

namespace radonc::data {

/// Reads a JSONL file. Values may be strings, numbers or null; unknown fields are left aside.
/// Throws radonc::Error naming file and line, and the case_id where known: for a line that is not a JSON object, a
/// record without case_id or patient_id, two records with one case_id, a value of the wrong kind, an empty file.
RADONC_API std::vector<CaseRecord> read_cases(const std::filesystem::path& path);

/// The record as one line of JSON, without a line end. Reading it gives the record back.
RADONC_API std::string to_json(const CaseRecord& record);

}  // namespace radonc::data
