// The report's figures as inline SVG.
#pragma once

#include <string>
#include <string_view>

#include "radonc/report/study_result.hpp"

namespace radonc::report {

/// `text` with &, <, >, " and ' as entities, and control characters other than tab and newline as U+FFFD.
std::string escape(std::string_view text);

/// Training loss by step. Needs at least two points.
std::string loss_figure(const TrainingSummary& training);

/// Cases by the size of the difference; empty without a histogram.
std::string histogram_figure(const ScoreDifferences& differences);

/// Share of right answers by stated probability, with the number of answers in each bin.
std::string reliability_figure(const std::string& model, const eval::ReliabilityTable& table);

/// Accuracy by coverage; empty without points.
std::string coverage_figure(const std::string& model, const eval::CoverageCurve& curve);

}  // namespace radonc::report
