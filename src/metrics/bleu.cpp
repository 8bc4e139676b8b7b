#include "radonc/metrics/bleu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <unordered_map>

#include "metrics/references.hpp"
#include "metrics/unicode.hpp"

namespace radonc::metrics {
namespace {

constexpr std::size_t kOrder = 4;
using Counts = std::array<std::unordered_map<std::string, std::size_t>, kOrder>;

Counts ngrams(const std::vector<std::string>& tokens) {
  Counts counts;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::string gram;  // tokens hold no space
    for (std::size_t n = 0; n < kOrder && i + n < tokens.size(); ++n)
      ++counts[n][gram.append(" ").append(tokens[i + n])];
  }
  return counts;
}

// What BLEU adds up over texts.
void add_counts(BleuScore& sum, const std::vector<std::string>& references, std::string_view prediction) {
  const auto tokens = bleu_tokens(prediction);
  Counts allowed;
  std::size_t closest = 0, distance = 0;
  for (std::size_t r = 0; r < references.size(); ++r) {
    const auto expected = bleu_tokens(references[r]);
    const std::size_t length = expected.size();
    const std::size_t away = std::max(length, tokens.size()) - std::min(length, tokens.size());
    if (r == 0 || away < distance || (away == distance && length < closest)) closest = length, distance = away;
    const Counts counts = ngrams(expected);
    for (std::size_t n = 0; n < kOrder; ++n)
      for (const auto& [gram, count] : counts[n]) allowed[n][gram] = std::max(allowed[n][gram], count);
  }
  sum.prediction_length += tokens.size();
  sum.reference_length += closest;
  const Counts counts = ngrams(tokens);
  for (std::size_t n = 0; n < kOrder; ++n)
    for (const auto& [gram, count] : counts[n]) {
      sum.totals[n] += count;
      if (const auto found = allowed[n].find(gram); found != allowed[n].end())
        sum.matches[n] += std::min(count, found->second);
    }
}

void finish(BleuScore& result, bool effective_order) {
  const auto predicted = static_cast<double>(result.prediction_length);
  const auto expected = static_cast<double>(result.reference_length);
  result.brevity_penalty = predicted >= expected ? 1 : predicted == 0 ? 0 : std::exp(1 - expected / predicted);
  if (result.matches[0] == 0) return;  // and so is every other
  double smoothing = 1, logarithms = 0;
  std::size_t order = 0;
  for (; order < kOrder && result.totals[order] > 0; ++order) {
    const std::size_t count = result.matches[order];
    const double matches = count > 0 ? static_cast<double>(count) : 1 / (smoothing *= 2);
    result.precisions[order] = 100 * matches / static_cast<double>(result.totals[order]);
    logarithms += std::log(result.precisions[order]);
  }
  if (order == kOrder || effective_order)
    result.score = result.brevity_penalty * std::exp(logarithms / static_cast<double>(order));
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_point(char c) {
  return c == '.' || c == ',';
}

// re.sub on two neighbouring characters that `matches`: spaces around the second, or around the first.
template <typename Matches>
std::string separate(std::string_view text, bool around_second, Matches matches) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !matches(text[i], text[i + 1])) {
      result += text[i];
      continue;
    }
    const char first = text[i++], second = text[i];
    result += around_second ? std::string{first, ' ', second, ' '} : std::string{' ', first, ' ', second};
  }
  return result;
}

}  // namespace

std::vector<std::string> bleu_tokens(std::string_view text) {
  const auto given = split_words(text);
  if (given.empty()) return {};
  std::string line(text.substr(0, static_cast<std::size_t>(given.back().data() - text.data()) + given.back().size()));
  for (const char* gone : {"<skipped>", "-\n"}) replace_all(line, gone, "");
  replace_all(line, "\n", " ");
  replace_all(line, "&quot;", "\"");
  replace_all(line, "&amp;", "&");
  replace_all(line, "&lt;", "<");
  replace_all(line, "&gt;", ">");
  std::string spaced = " ";
  for (const char c : line)
    if (std::ispunct(static_cast<unsigned char>(c)) && std::string_view("'-.,").find(c) == std::string_view::npos)
      spaced += std::string{' ', c, ' '};
    else
      spaced += c;
  spaced = separate(spaced + ' ', true, [](char a, char b) { return !is_digit(a) && is_point(b); });
  spaced = separate(spaced, false, [](char a, char b) { return is_point(a) && !is_digit(b); });
  spaced = separate(spaced, true, [](char a, char b) { return is_digit(a) && b == '-'; });
  const auto words = split_words(spaced);
  return {words.begin(), words.end()};
}

std::string BleuScore::to_text() const {
  const double ratio =
      reference_length == 0 ? 0 : static_cast<double>(prediction_length) / static_cast<double>(reference_length);
  return fmt::format("BLEU = {:.2f} {:.1f}/{:.1f}/{:.1f}/{:.1f} (BP = {:.3f} ratio = {:.3f} hyp_len = {} ref_len = {})",
                     score, precisions[0], precisions[1], precisions[2], precisions[3], brevity_penalty, ratio,
                     prediction_length, reference_length);
}

BleuScore sentence_bleu(const std::vector<std::string>& references, std::string_view prediction) {
  check_references("sentence_bleu", {references}, 1);
  BleuScore result;
  add_counts(result, references, prediction);
  finish(result, true);
  return result;
}

BleuScore corpus_bleu(const std::vector<std::vector<std::string>>& references,
                      const std::vector<std::string>& predictions) {
  check_references("corpus_bleu", references, predictions.size());
  BleuScore result;
  for (std::size_t i = 0; i < predictions.size(); ++i) add_counts(result, references[i], predictions[i]);
  finish(result, false);
  return result;
}

}  // namespace radonc::metrics
