// Precision, recall and F1 that give credit for a near miss in a hierarchy of labels (Kiritchenko et al. 2005).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::metrics {

/// The ancestors of a label: its parents, theirs, and so on. The label itself may be among them or not. Leave out a
/// root that all labels share: it would make every answer partly right.
using Ancestors = std::function<std::vector<std::string>(const std::string& label)>;

struct RADONC_API HierarchicalMetrics {
  double precision = 0;  ///< shared labels / labels of the predictions, both with ancestors and summed over all cases
  double recall = 0;     ///< shared labels / labels of the references
  double f1 = 0;         ///< harmonic mean of both
  std::size_t n = 0;
  std::size_t num_unparsed = 0;

  /// A line a figure; ends with a newline.
  [[nodiscard]] std::string to_text() const;
};

/// One label a case. An unparsed prediction, passed as "", shares nothing: it lowers recall, as a missing label does,
/// and leaves precision alone. Precision is 0 if nothing was predicted. `ancestors` is asked once a label, and for
/// predicted labels too: for a label that it does not know it should give none.
/// Throws radonc::Error on empty or unequally long input, an empty reference, or no function.
RADONC_API HierarchicalMetrics hierarchical_metrics(const std::vector<std::string>& reference,
                                                    const std::vector<std::string>& prediction,
                                                    const Ancestors& ancestors);

/// Several labels a case, as sets: repeated ones count once, "" does not count, and a case without a predicted label
/// is an unparsed one. Equals scikit-learn's micro averages over the label sets with ancestors.
/// Throws radonc::Error as above, and if a case has no reference.
RADONC_API HierarchicalMetrics hierarchical_metrics_of_sets(const std::vector<std::vector<std::string>>& references,
                                                            const std::vector<std::vector<std::string>>& predictions,
                                                            const Ancestors& ancestors);

}  // namespace radonc::metrics
