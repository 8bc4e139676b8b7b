#include "radonc/eval/rouge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "eval/porter.hpp"
#include "radonc/core/error.hpp"

namespace radonc::eval {
namespace {

// `overlap` common units of `num_reference` and `num_prediction`.
RougeScore score_of(std::size_t overlap, std::size_t num_reference, std::size_t num_prediction) {
  RougeScore score;
  const auto common = static_cast<double>(overlap);
  score.precision = common / static_cast<double>(std::max<std::size_t>(num_prediction, 1));
  score.recall = common / static_cast<double>(std::max<std::size_t>(num_reference, 1));
  const double sum = score.precision + score.recall;
  if (sum > 0) score.f1 = 2 * score.precision * score.recall / sum;
  return score;
}

// n-grams as joined tokens; a space cannot occur inside a token.
std::map<std::string, std::size_t> ngrams(const std::vector<std::string>& tokens, std::size_t n) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t i = 0; i + n <= tokens.size(); ++i) {
    std::string gram = tokens[i];
    for (std::size_t j = 1; j < n; ++j) gram.append(1, ' ').append(tokens[i + j]);
    ++counts[gram];
  }
  return counts;
}

std::size_t count_of(std::size_t num_tokens, std::size_t n) {
  return num_tokens < n ? 0 : num_tokens - n + 1;
}

}  // namespace

std::vector<std::string> rouge_tokens(std::string_view text, const RougeOptions& options) {
  std::vector<std::string> tokens;
  std::string token;
  const auto finish = [&] {
    if (options.use_stemmer && token.size() > 3) token = porter_stem(std::move(token));
    if (!token.empty()) tokens.push_back(std::move(token));
    token.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // Two characters beyond ASCII become ASCII letters in lower case: the Kelvin sign, and I with a dot above.
    if (text.substr(i).starts_with("\u212A")) {
      token += 'k';
      i += 2;
    } else if (text.substr(i).starts_with("\u0130")) {
      token += 'i';
      finish();
      ++i;
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      token += c;
    } else if (c >= 'A' && c <= 'Z') {
      token += static_cast<char>(c - 'A' + 'a');
    } else {
      finish();
    }
  }
  finish();
  return tokens;
}

RougeScore rouge_n(std::string_view reference, std::string_view prediction, int n, const RougeOptions& options) {
  if (n < 1)
    throw Error(
        fmt::format("rouge_n: n is the length of the n-grams and must be at least 1, got {}. "
                    "Use n = 1 for ROUGE-1.",
                    n));
  const auto size = static_cast<std::size_t>(n);
  const auto expected = rouge_tokens(reference, options);
  const auto given = rouge_tokens(prediction, options);
  const auto predicted = ngrams(given, size);
  std::size_t overlap = 0;
  for (const auto& [gram, count] : ngrams(expected, size))
    if (const auto found = predicted.find(gram); found != predicted.end()) overlap += std::min(count, found->second);
  return score_of(overlap, count_of(expected.size(), size), count_of(given.size(), size));
}

RougeScore rouge_l(std::string_view reference, std::string_view prediction, const RougeOptions& options) {
  const auto expected = rouge_tokens(reference, options);
  const auto given = rouge_tokens(prediction, options);
  std::vector<std::size_t> row(given.size() + 1, 0);  // longest common subsequence so far, by prefix of `given`
  for (const std::string& token : expected) {
    std::size_t diagonal = 0;
    for (std::size_t j = 1; j <= given.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = token == given[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return score_of(row.back(), expected.size(), given.size());
}

}  // namespace radonc::eval
