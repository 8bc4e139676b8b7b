#include "radonc/metrics/rouge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "metrics/lcs.hpp"
#include "metrics/porter.hpp"
#include "metrics/text_table.hpp"
#include "radonc/core/error.hpp"

namespace radonc::metrics {
namespace {

constexpr std::array kScores = {std::pair{"ROUGE-1", &RougeScores::rouge1}, std::pair{"ROUGE-2", &RougeScores::rouge2},
                                std::pair{"ROUGE-L", &RougeScores::rouge_l},
                                std::pair{"ROUGE-Lsum", &RougeScores::rouge_lsum}};

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

// Calls on_token(std::string&) for each token and on_line() at each line break.
template <typename OnToken, typename OnLine>
void tokenize(std::string_view text, const RougeOptions& options, OnToken on_token, OnLine on_line) {
  std::string token;
  const auto finish = [&] {
    if (token.empty()) return;
    if (options.use_stemmer && token.size() > 3) token = porter_stem(std::move(token));
    if (!token.empty()) on_token(token);
    token.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      token += c;
    } else if (c >= 'A' && c <= 'Z') {
      token += static_cast<char>(c - 'A' + 'a');
    } else if (c == '\xE2' && text.substr(i, 3) == "\u212A") {
      // Two characters beyond ASCII become ASCII letters in lower case: the Kelvin sign, and I with a dot above.
      token += 'k';
      i += 2;
    } else if (c == '\xC4' && text.substr(i, 2) == "\u0130") {
      token += 'i';
      finish();
      ++i;
    } else {
      finish();
      if (c == '\n') on_line();
    }
  }
  finish();
  on_line();
}

// Gives equal ids to equal tokens, from 0 on.
class Numbering {
 public:
  std::uint32_t id_of(const std::string& token) {
    if (2 * tokens_.size() >= slots_.size()) grow();
    std::uint32_t& slot = slots_[slot_of(token)];
    if (slot == kFree) {
      slot = static_cast<std::uint32_t>(tokens_.size());
      tokens_.push_back(token);
    }
    return slot;
  }

  [[nodiscard]] std::size_t size() const { return tokens_.size(); }

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};

  // The slot that holds the token, or the free one where it belongs. There are 2^n slots, half of them free at least.
  [[nodiscard]] std::size_t slot_of(const std::string& token) const {
    std::size_t slot = std::hash<std::string>{}(token) & (slots_.size() - 1);
    while (slots_[slot] != kFree && tokens_[slots_[slot]] != token) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }

  void grow() {
    tokens_.reserve(slots_.size() + 128);
    slots_.assign(std::max<std::size_t>(256, 2 * slots_.size()), kFree);
    for (std::size_t id = 0; id < tokens_.size(); ++id) slots_[slot_of(tokens_[id])] = static_cast<std::uint32_t>(id);
  }

  std::vector<std::string> tokens_;
  std::vector<std::uint32_t> slots_;
};

// A reference and a prediction, with equal ids for equal tokens.
class Pair {
 public:
  struct Text {
    std::vector<std::uint32_t> ids;
    std::vector<Ids> sentences;  // those that have tokens
  };

  Pair(std::string_view given_reference, std::string_view given_prediction, const RougeOptions& options) {
    read(given_reference, options, reference);
    read(given_prediction, options, prediction);
  }

  [[nodiscard]] std::size_t num_ids() const { return numbering_.size(); }

  Text reference;
  Text prediction;

 private:
  void read(std::string_view text, const RougeOptions& options, Text& into) {
    std::vector<std::size_t> ends = {0};
    tokenize(
        text, options, [&](const std::string& token) { into.ids.push_back(numbering_.id_of(token)); },
        [&] {
          if (into.ids.size() > ends.back()) ends.push_back(into.ids.size());
        });
    for (std::size_t i = 1; i < ends.size(); ++i)
      into.sentences.push_back(Ids(into.ids).subspan(ends[i - 1], ends[i] - ends[i - 1]));
  }

  Numbering numbering_;
};

// n-grams by `gram_at`(ids, start), sorted with `before`, and how many both sides share.
template <typename GramAt, typename Before>
RougeScore score_grams(const Pair& pair, std::size_t n, GramAt gram_at, Before before) {
  const auto sorted = [&](Ids ids) {
    std::vector<decltype(gram_at(ids, 0))> grams;
    grams.reserve(ids.size());
    for (std::size_t i = 0; i + n <= ids.size(); ++i) grams.push_back(gram_at(ids, i));
    std::ranges::sort(grams, before);
    return grams;
  };
  const auto expected = sorted(pair.reference.ids);
  const auto given = sorted(pair.prediction.ids);
  std::size_t overlap = 0;
  for (auto a = expected.begin(), b = given.begin(); a != expected.end() && b != given.end();) {
    if (before(*a, *b)) {
      ++a;
    } else {
      if (!before(*b, *a)) ++overlap, ++a;
      ++b;
    }
  }
  return score_of(overlap, expected.size(), given.size());
}

RougeScore score_ngrams(const Pair& pair, std::size_t n) {
  if (n == 1) {
    std::vector<std::size_t> left(pair.num_ids(), 0);
    for (const std::uint32_t id : pair.reference.ids) ++left[id];
    std::size_t overlap = 0;
    for (const std::uint32_t id : pair.prediction.ids)
      if (left[id] > 0) ++overlap, --left[id];
    return score_of(overlap, pair.reference.ids.size(), pair.prediction.ids.size());
  }
  const auto packed = [](Ids ids, std::size_t i) { return std::uint64_t{ids[i]} << 32 | ids[i + 1]; };
  if (n == 2) return score_grams(pair, n, packed, std::less{});
  return score_grams(
      pair, n, [n](Ids ids, std::size_t i) { return ids.subspan(i, n); },
      [](Ids a, Ids b) { return std::ranges::lexicographical_compare(a, b); });
}

RougeScore score_lcs(const Pair& pair) {
  const Ids expected = pair.reference.ids, given = pair.prediction.ids;
  LcsTable table(pair.num_ids());
  table.fill(expected, given);
  return score_of(table.length(expected.size(), given.size()), expected.size(), given.size());
}

RougeScore score_lsum(const Pair& pair) {
  LcsTable table(pair.num_ids());
  std::vector<std::size_t> left_expected(pair.num_ids(), 0), left_given(pair.num_ids(), 0);
  for (const std::uint32_t id : pair.reference.ids) ++left_expected[id];
  for (const std::uint32_t id : pair.prediction.ids) ++left_given[id];
  std::size_t hits = 0;
  for (const Ids expected : pair.reference.sentences) {
    std::vector<bool> in_lcs(expected.size(), false);
    for (const Ids given : pair.prediction.sentences) {
      table.fill(expected, given);
      table.mark(expected, given, in_lcs);
    }
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (const std::uint32_t id = expected[i]; in_lcs[i] && left_expected[id] > 0 && left_given[id] > 0) {
        ++hits;
        --left_expected[id];
        --left_given[id];
      }
  }
  return score_of(hits, pair.reference.ids.size(), pair.prediction.ids.size());
}

}  // namespace

std::vector<std::string> rouge_tokens(std::string_view text, const RougeOptions& options) {
  std::vector<std::string> tokens;
  tokenize(
      text, options, [&](std::string& token) { tokens.push_back(std::move(token)); }, [] {});
  return tokens;
}

RougeScore rouge_n(std::string_view reference, std::string_view prediction, int n, const RougeOptions& options) {
  if (n < 1)
    throw Error(
        fmt::format("rouge_n: n is the length of the n-grams and must be at least 1, got {}. "
                    "Use n = 1 for ROUGE-1.",
                    n));
  return score_ngrams({reference, prediction, options}, static_cast<std::size_t>(n));
}

RougeScore rouge_l(std::string_view reference, std::string_view prediction, const RougeOptions& options) {
  return score_lcs({reference, prediction, options});
}

RougeScore rouge_lsum(std::string_view reference, std::string_view prediction, const RougeOptions& options) {
  return score_lsum({reference, prediction, options});
}

RougeScores rouge(std::string_view reference, std::string_view prediction, const RougeOptions& options) {
  const Pair pair(reference, prediction, options);
  const RougeScore lcs = score_lcs(pair);
  // With a sentence each, the union is that one subsequence, and no token of it occurs too seldom to count.
  const bool one_sentence = pair.reference.sentences.size() <= 1 && pair.prediction.sentences.size() <= 1;
  return {score_ngrams(pair, 1), score_ngrams(pair, 2), lcs, one_sentence ? lcs : score_lsum(pair)};
}

RougeScores mean_rouge(const std::vector<std::string>& references, const std::vector<std::string>& predictions,
                       const RougeOptions& options) {
  if (references.size() != predictions.size())
    throw Error(
        fmt::format("mean_rouge: {} references but {} predictions. Pass one prediction a reference, "
                    "\"\" where there is no answer.",
                    references.size(), predictions.size()));
  if (references.empty()) throw Error("mean_rouge: no pairs. A mean needs at least one pair of texts.");
  RougeScores mean;
  const auto n = static_cast<double>(references.size());
  for (std::size_t i = 0; i < references.size(); ++i) {
    const RougeScores scores = rouge(references[i], predictions[i], options);
    for (const auto& [name, member] : kScores) {
      (mean.*member).precision += (scores.*member).precision / n;
      (mean.*member).recall += (scores.*member).recall / n;
      (mean.*member).f1 += (scores.*member).f1 / n;
    }
  }
  return mean;
}

std::string RougeScores::to_text() const {
  TextRows rows = {{"", "precision", "recall", "f1"}};
  for (const auto& [name, member] : kScores) {
    const RougeScore& score = this->*member;
    rows.push_back({name, number(score.precision), number(score.recall), number(score.f1)});
  }
  return text_table(rows);
}

}  // namespace radonc::metrics
