#include "radonc/tasks/baselines.hpp"

#include <cctype>
#include <cmath>
#include <map>
#include <unordered_map>

#include "radonc/core/error.hpp"
#include "radonc/metrics/classification.hpp"

namespace radonc::tasks {
namespace {

using Vector = std::map<std::string, double>;  // word → weight

/// Words of two bytes or more, in lower case, with their counts.
Vector word_counts(const std::string& text) {
  Vector counts;
  std::string word;
  const auto end_word = [&] {
    if (word.size() > 1) ++counts[word];
    word.clear();
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || byte == '_' || std::isalnum(byte) != 0)
      word += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    else
      end_word();
  }
  end_word();
  return counts;
}

/// TF-IDF of the training details, by word, so that a question only meets pairs that share a word with it.
class Index {
 public:
  explicit Index(const std::vector<Pair>& train) : num_pairs_(train.size()) {
    std::vector<Vector> counts;
    for (const Pair& pair : train) {
      counts.push_back(word_counts(pair.details));
      for (const auto& [word, count] : counts.back()) idf_[word] += 1;
    }
    for (auto& [word, idf] : idf_) idf = std::log((1.0 + static_cast<double>(num_pairs_)) / (1.0 + idf)) + 1.0;
    for (std::size_t i = 0; i < counts.size(); ++i)
      for (const auto& [word, weight] : weighted(counts[i])) postings_[word].emplace_back(i, weight);
  }

  [[nodiscard]] std::size_t nearest(const std::string& details) const {
    std::vector<double> similarity(num_pairs_);
    for (const auto& [word, weight] : weighted(word_counts(details)))
      for (const auto& [pair, other] : postings_.at(word)) similarity[pair] += weight * other;
    std::size_t best = 0;
    constexpr double kRounding = 1e-12;
    for (std::size_t i = 1; i < num_pairs_; ++i)
      if (similarity[i] > similarity[best] + kRounding) best = i;
    return best;
  }

 private:
  /// Of length 1; words that no training pair has are left out.
  [[nodiscard]] Vector weighted(const Vector& counts) const {
    Vector weights;
    double squares = 0;
    for (const auto& [word, count] : counts) {
      const auto idf = idf_.find(word);
      if (idf == idf_.end()) continue;
      const double weight = count * idf->second;
      weights[word] = weight;
      squares += weight * weight;
    }
    for (auto& [word, weight] : weights) weight /= std::sqrt(squares);
    return weights;
  }

  std::size_t num_pairs_;
  std::unordered_map<std::string, double> idf_;
  std::unordered_map<std::string, std::vector<std::pair<std::size_t, double>>> postings_;
};

}  // namespace

std::string majority_answer(const std::vector<Pair>& train) {
  std::vector<std::string> answers;
  for (const Pair& pair : train) answers.push_back(pair.answer);
  return metrics::majority_class(answers);
}

std::vector<std::string> nearest_answers(const std::vector<Pair>& train, const std::vector<Pair>& test) {
  if (train.empty()) throw Error("nearest_answers: no training pairs to look among.");
  const Index index(train);
  std::vector<std::string> answers;
  for (const Pair& pair : test) answers.push_back(train[index.nearest(pair.details)].answer);
  return answers;
}

}  // namespace radonc::tasks
