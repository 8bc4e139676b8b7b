// Classification figures equal to scikit-learn's: precision, recall, F1, agreement beyond chance, top-k accuracy.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::metrics {

/// The name under which confusion matrices count answers that could not be parsed.
inline constexpr const char* kUnparsed = "(unparsed)";
/// The name under which confusion matrices count labels outside the label set.
inline constexpr const char* kOther = "(other)";

/// The label set decides what the averages mean, so its rule is fixed: the labels given here, in this order; or, if
/// none are given, the sorted set of the labels that occur among the references. A prediction outside the set,
/// and an unparsed one (passed as ""), is an error of the reference's class and adds no class of its own.
struct RADONC_API ClassificationOptions {
  std::vector<std::string> labels;
  double zero_division = 0;  ///< what 0 / 0 is: 0 or 1
};

struct RADONC_API ClassMetrics {
  std::string label;
  double precision = 0;     ///< true positives / predictions of the class
  double recall = 0;        ///< true positives / references of the class
  double f1 = 0;            ///< harmonic mean of both
  std::size_t support = 0;  ///< references of the class
};

struct RADONC_API AverageMetrics {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

struct RADONC_API ClassificationReport {
  std::vector<ClassMetrics> classes;  ///< in the label set's order
  AverageMetrics micro;               ///< from the summed counts of the label set
  AverageMetrics macro;               ///< each class counts the same
  AverageMetrics weighted;            ///< each class counts as its support
  double accuracy = 0;                ///< right answers / all answers, unparsed ones included
  double balanced_accuracy = 0;       ///< balanced_accuracy() of all answers, whatever the label set
  double kappa = 0;                   ///< unweighted_kappa() of all answers, whatever the label set
  double matthews = 0;                ///< matthews_correlation() of all answers, whatever the label set
  std::size_t n = 0;
  std::size_t num_unparsed = 0;

  /// The label set, in order.
  [[nodiscard]] std::vector<std::string> labels() const;

  /// A table with a line a class and an average, then the other figures; ends with a newline.
  [[nodiscard]] std::string to_text() const;
};

/// Equal to sklearn.metrics.precision_recall_fscore_support(reference, prediction, labels=…, zero_division=…).
/// Throws radonc::Error on empty or unequally long input, an empty reference, or a repeated or empty label.
RADONC_API ClassificationReport classification_report(const std::vector<std::string>& reference,
                                                      const std::vector<std::string>& prediction,
                                                      const ClassificationOptions& options = {});

/// How often each reference label (row) got each prediction (column). The columns are the label set, then kOther,
/// then kUnparsed; a row kOther is added if references lie outside the label set. All counts sum to n.
struct RADONC_API ConfusionMatrix {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<std::vector<std::size_t>> counts;  ///< [rows][columns]

  /// A table, references downwards, predictions to the right; ends with a newline.
  [[nodiscard]] std::string to_text() const;
};

/// Same input and label-set rule as classification_report.
RADONC_API ConfusionMatrix confusion_matrix(const std::vector<std::string>& reference,
                                            const std::vector<std::string>& prediction,
                                            const ClassificationOptions& options = {});

/// The mean recall of the labels that occur among the references. Equals sklearn.metrics.balanced_accuracy_score.
/// Throws radonc::Error as classification_report does.
RADONC_API double balanced_accuracy(const std::vector<std::string>& reference,
                                    const std::vector<std::string>& prediction);

/// Agreement beyond chance (Cohen 1960), unweighted. All labels of both sides count, and "unparsed" is one of them.
/// NaN if both sides hold one and the same label only. Equals sklearn.metrics.cohen_kappa_score.
/// Throws radonc::Error as classification_report does.
RADONC_API double unweighted_kappa(const std::vector<std::string>& reference,
                                   const std::vector<std::string>& prediction);

/// Matthews' correlation coefficient for several classes (Gorodkin 2004). All labels of both sides count, and
/// "unparsed" is one of them. 0 if a side holds one label only. Equals sklearn.metrics.matthews_corrcoef.
/// Throws radonc::Error as classification_report does.
RADONC_API double matthews_correlation(const std::vector<std::string>& reference,
                                       const std::vector<std::string>& prediction);

/// The share of references that are among the first k of their ranked answers, the likeliest first. A list may be
/// shorter than k; an empty one, for an answer that could not be parsed, is wrong. Equals
/// sklearn.metrics.top_k_accuracy_score where no scores are tied.
/// Throws radonc::Error on empty or unequally long input, an empty reference, or k < 1.
RADONC_API double top_k_accuracy(const std::vector<std::string>& reference,
                                 const std::vector<std::vector<std::string>>& ranked, int k);

/// The commonest label; of equally common ones the smallest. Throws radonc::Error if there are none.
RADONC_API std::string majority_class(const std::vector<std::string>& labels);

}  // namespace radonc::metrics
