// The report's figures as inline SVG.
#pragma once

#include <string>
#include <string_view>

#include "radonc/report/study_result.hpp"

namespace radonc::report {

/// `text` with &, <, >, " and ' as entities, and control characters other than tab and newline as U+FFFD.
std::string escape(std::string_view text);

/// Accuracy of each task: both models with their intervals, and the majority baseline as a tick.
std::string accuracy_figure(const StudyResult& result);

/// Training loss by step. Needs at least two points.
std::string loss_figure(const TrainingSummary& training);

}  // namespace radonc::report
