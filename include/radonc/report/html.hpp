// The study's report as one HTML page.
#pragma once

#include <string>

#include "radonc/core/export.hpp"
#include "radonc/evaluation/study_result.hpp"

namespace radonc::report {

/// A page that stands alone: no scripts, nothing fetched from anywhere. All text from records, models and settings is
/// escaped.
RADONC_API std::string render_html(const evaluation::StudyResult& result);

}  // namespace radonc::report
