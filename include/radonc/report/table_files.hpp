// The study's figures as files for other programs: CSV for statistics, LaTeX for a manuscript.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/evaluation/study_result.hpp"

namespace radonc::report {

/// File name → text: "main.csv", "partial.csv", "quantities.csv", "comparisons.csv", "differences.csv", "classes.csv",
/// "subgroups.csv", "calibration.csv" and "coverage.csv", each with a header line. RFC 4180: lines end with CR LF, and
/// a field with a comma, a quote or a line end stands in quotes. UTF-8; numbers have all digits that restore them
/// exactly; a figure that does not exist is an empty field.
RADONC_API std::vector<std::pair<std::string, std::string>> csv_tables(const evaluation::StudyResult& result);

/// The main table, a table a task with its classes (first and tested model), and the subgroups, for the packages
/// booktabs and longtable. Names of records and models are escaped; what the default fonts may lack, such as Greek
/// letters, is written as a command, other text outside ASCII as UTF-8.
RADONC_API std::string latex_tables(const evaluation::StudyResult& result);

/// Writes all of csv_tables(), and latex_tables() as "tables.tex", into the folder, which is made if need be.
/// Throws radonc::Error if it cannot be written.
RADONC_API void write_tables(const evaluation::StudyResult& result, const std::filesystem::path& folder);

}  // namespace radonc::report
