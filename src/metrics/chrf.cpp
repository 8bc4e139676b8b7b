#include <algorithm>
#include <array>
#include <cmath>

#include "metrics/references.hpp"
#include "metrics/unicode.hpp"
#include "radonc/metrics/bleu.hpp"

namespace radonc::metrics {
namespace {

constexpr std::size_t kOrder = 6;
constexpr double kBetaSquared = 4;

struct Counts {
  double predicted = 0;
  double expected = 0;
  double matches = 0;
};
using Orders = std::array<Counts, kOrder>;

std::u32string characters(std::string_view text) {
  std::u32string result = decode(text);
  std::erase_if(result, is_space);
  return result;
}

std::vector<std::u32string_view> sorted_ngrams(std::u32string_view text, std::size_t n) {
  std::vector<std::u32string_view> grams;
  for (std::size_t i = 0; i + n <= text.size(); ++i) grams.push_back(text.substr(i, n));
  std::ranges::sort(grams);
  return grams;
}

Orders count(std::u32string_view reference, std::u32string_view prediction) {
  Orders orders;
  for (std::size_t n = 1; n <= kOrder && n <= reference.size(); ++n) {
    const auto expected = sorted_ngrams(reference, n), given = sorted_ngrams(prediction, n);
    std::vector<std::u32string_view> common;
    std::ranges::set_intersection(expected, given, std::back_inserter(common));
    orders[n - 1] = {static_cast<double>(given.size()), static_cast<double>(expected.size()),
                     static_cast<double>(common.size())};
  }
  return orders;
}

// Orders for which a side has no n-grams do not count.
double score_of(const Orders& orders) {
  double precision = 0, recall = 0, order = 0;
  for (const Counts& counts : orders)
    if (counts.predicted > 0 && counts.expected > 0) {
      precision += counts.matches / counts.predicted;
      recall += counts.matches / counts.expected;
      ++order;
    }
  if (precision + recall == 0) return 0;
  precision /= order;
  recall /= order;
  return 100 * (1 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall);
}

// The counts against the reference with the best score, of equal ones the first.
Orders best_counts(const std::vector<std::string>& references, std::string_view prediction) {
  const std::u32string given = characters(prediction);
  Orders best;
  double best_score = -1;
  for (const std::string& reference : references) {
    const Orders orders = count(characters(reference), given);
    if (const double score = score_of(orders); score > best_score) best = orders, best_score = score;
  }
  return best;
}

}  // namespace

double sentence_chrf(const std::vector<std::string>& references, std::string_view prediction) {
  check_references("sentence_chrf", {references}, 1);
  return score_of(best_counts(references, prediction));
}

double corpus_chrf(const std::vector<std::vector<std::string>>& references,
                   const std::vector<std::string>& predictions) {
  check_references("corpus_chrf", references, predictions.size());
  Orders sum;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const Orders orders = best_counts(references[i], predictions[i]);
    for (std::size_t n = 0; n < kOrder; ++n) {
      sum[n].predicted += orders[n].predicted;
      sum[n].expected += orders[n].expected;
      sum[n].matches += orders[n].matches;
    }
  }
  return score_of(sum);
}

}  // namespace radonc::metrics
