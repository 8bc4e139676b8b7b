#include "radonc/metrics/hierarchical.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "metrics/check_cases.hpp"
#include "metrics/text_table.hpp"
#include "radonc/core/error.hpp"

namespace radonc::metrics {
namespace {

using Strings = std::vector<std::string>;
using Labels = std::set<std::string>;

// Labels with their ancestors.
class Closure {
 public:
  explicit Closure(const Ancestors& ancestors) : ancestors_(ancestors) {
    if (!ancestors)
      throw Error("hierarchical_metrics: no function for ancestors. Pass one that returns a label's ancestors.");
  }

  Labels of(const Strings& labels) {
    Labels closed;
    for (const std::string& label : labels) {
      if (label.empty()) continue;
      closed.insert(label);
      auto known = known_.find(label);
      if (known == known_.end()) known = known_.emplace(label, ancestors_(label)).first;
      closed.insert(known->second.begin(), known->second.end());
    }
    return closed;
  }

 private:
  const Ancestors& ancestors_;
  std::map<std::string, Strings> known_;
};

}  // namespace

HierarchicalMetrics hierarchical_metrics_of_sets(const std::vector<Strings>& references,
                                                 const std::vector<Strings>& predictions, const Ancestors& ancestors) {
  if (references.size() != predictions.size())
    throw Error(
        fmt::format("hierarchical_metrics: {} references but {} predictions. Pass one set of labels a case, "
                    "an empty one where an answer could not be parsed.",
                    references.size(), predictions.size()));
  if (references.empty()) throw Error("hierarchical_metrics: no cases. Metrics need at least one case to be scored.");
  Closure closure(ancestors);
  HierarchicalMetrics result;
  result.n = references.size();
  double shared = 0, expected = 0, given = 0;
  for (std::size_t i = 0; i < references.size(); ++i) {
    const Labels right = closure.of(references[i]), answer = closure.of(predictions[i]);
    if (right.empty())
      throw Error(
          fmt::format("hierarchical_metrics: the case at index {} has no reference. "
                      "Leave out cases without a complete answer.",
                      i));
    result.num_unparsed += answer.empty() ? 1 : 0;
    expected += static_cast<double>(right.size());
    given += static_cast<double>(answer.size());
    for (const std::string& label : answer) shared += right.contains(label) ? 1 : 0;
  }
  result.precision = given == 0 ? 0 : shared / given;
  result.recall = shared / expected;
  result.f1 = 2 * shared / (given + expected);
  return result;
}

HierarchicalMetrics hierarchical_metrics(const Strings& reference, const Strings& prediction,
                                         const Ancestors& ancestors) {
  check_cases("hierarchical_metrics", reference, prediction.size());
  std::vector<Strings> references, predictions;
  for (const std::string& label : reference) references.emplace_back(1, label);
  for (const std::string& label : prediction) predictions.emplace_back(1, label);
  return hierarchical_metrics_of_sets(references, predictions, ancestors);
}

std::string HierarchicalMetrics::to_text() const {
  return text_table({{"hierarchical precision", number(precision)},
                     {"hierarchical recall", number(recall)},
                     {"hierarchical F1", number(f1)},
                     {"answers", fmt::format("{}", n)},
                     {"unparsed answers", fmt::format("{}", num_unparsed)}});
}

}  // namespace radonc::metrics
