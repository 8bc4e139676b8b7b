// The report's figures as inline SVG.
#pragma once

#include <string>

#include "report/results.hpp"

namespace radonc::report {

/// Training loss by step. Needs at least two points.
std::string loss_figure(const TrainingSummary& training);

/// Cases by the size of the difference; empty without a histogram.
std::string histogram_figure(const ScoreDifferences& differences);

/// Share of right answers by stated probability, with the number of answers in each bin.
std::string reliability_figure(const std::string& model, const metrics::ReliabilityTable& table);

/// Accuracy by coverage; empty without points.
std::string coverage_figure(const std::string& model, const metrics::CoverageCurve& curve);

}  // namespace radonc::report
