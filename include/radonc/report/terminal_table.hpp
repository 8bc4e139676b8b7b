// The study's table for a terminal.
#pragma once

#include <string>

#include "radonc/core/export.hpp"
#include "radonc/evaluation/study_result.hpp"

namespace radonc::report {

/// Original against fine-tuned, task by task, with intervals, baseline, tests and label sets. At most 98 columns wide
/// (UTF-8), ends with a newline, without colours.
RADONC_API std::string terminal_table(const evaluation::StudyResult& result);

}  // namespace radonc::report
