// Whether stated probabilities are right, and what abstaining from unsure answers would gain.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::metrics {

/// One bin of confidences, low <= confidence < high; the last bin holds 1 too.
struct RADONC_API ReliabilityBin {
  double low = 0;
  double high = 0;
  std::size_t n = 0;
  double mean_confidence = 0;  ///< 0 if n is 0
  double accuracy = 0;         ///< 0 if n is 0
};

struct RADONC_API ReliabilityTable {
  std::vector<ReliabilityBin> bins;       ///< all, empty ones too
  double expected_calibration_error = 0;  ///< mean |accuracy - mean confidence| of the bins, by their share of n
  double maximum_calibration_error = 0;   ///< the largest of these differences
  double mean_confidence = 0;
  double accuracy = 0;
  std::size_t n = 0;

  /// A table with a line a bin, then the summary; ends with a newline.
  [[nodiscard]] std::string to_text() const;
};

/// Bins of equal width on [0, 1] (Naeini et al. 2015, Guo et al. 2017). Their edges are those of
/// numpy.linspace(0, 1, num_bins + 1), and a confidence on an edge belongs to the bin above, as in netcal and
/// numpy.histogram. (torchmetrics differs at 1 alone, which it puts into a bin of its own; Guo's own code puts a
/// confidence on an edge into the bin below.) correct[i] tells whether the answer with confidence[i] is right; an
/// unparsed answer is a wrong one.
/// Throws radonc::Error on empty or unequally long input, a confidence outside [0, 1] or NaN, or num_bins < 1.
RADONC_API ReliabilityTable reliability_table(const std::vector<double>& confidence, const std::vector<bool>& correct,
                                              int num_bins = 10);

/// reliability_table(…).expected_calibration_error.
RADONC_API double expected_calibration_error(const std::vector<double>& confidence, const std::vector<bool>& correct,
                                             int num_bins = 10);

/// Mean squared difference of the probability of an event from what happened, 1 or 0 (Brier 1950).
/// Equals sklearn.metrics.brier_score_loss(happened, probability).
/// Throws radonc::Error on empty or unequally long input, or a probability outside [0, 1] or NaN.
RADONC_API double brier_score(const std::vector<bool>& happened, const std::vector<double>& probability);

/// The same for classes 0, 1, …: the squared differences of a case's probabilities are summed, and halved if there are
/// two classes, so that the score equals that of one of them. Equals sklearn.metrics.brier_score_loss.
/// Throws radonc::Error on empty or unequally long input, fewer than two classes, rows of different length or that do
/// not sum to 1 (to 1e-5), a probability outside [0, 1] or NaN, or a class without a probability.
RADONC_API double brier_score_multiclass(const std::vector<std::size_t>& classes,
                                         const std::vector<std::vector<double>>& probabilities);

/// What happens if answers less confident than the threshold are withheld.
struct RADONC_API CoveragePoint {
  double threshold = 0;
  double coverage = 0;  ///< answers given / all
  double accuracy = 0;  ///< right answers / answers given; NaN if none are given
  std::size_t num_answered = 0;
};

struct RADONC_API CoverageCurve {
  std::vector<CoveragePoint> points;  ///< one for each distinct confidence, the highest first; the last answers all
  double area = 0;                    ///< under accuracy over coverage

  /// At most 20 lines, evenly spaced among the points, then the area; ends with a newline.
  [[nodiscard]] std::string to_text() const;
};

/// Accuracy against coverage as the threshold falls (El-Yaniv & Wiener 2010). Answers of equal confidence are given
/// together, so that the order of cases does not matter. The area is that of sklearn.metrics.auc (trapezia) over the
/// points, with the first accuracy carried back to coverage 0; it is 1 at best. Pass an unparsed answer as wrong, with
/// the confidence that it came with, or 0. Throws radonc::Error on empty or unequally long input, or a confidence
/// outside [0, 1] or NaN.
RADONC_API CoverageCurve coverage_curve(const std::vector<double>& confidence, const std::vector<bool>& correct);

/// The point for one threshold: answers with confidence >= threshold are given. Same input; throws also if the
/// threshold is NaN.
RADONC_API CoveragePoint coverage_at(const std::vector<double>& confidence, const std::vector<bool>& correct,
                                     double threshold);

}  // namespace radonc::metrics
