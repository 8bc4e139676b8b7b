#include "radonc/metrics/text_match.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "metrics/text_table.hpp"
#include "metrics/unicode.hpp"
#include "radonc/core/error.hpp"

namespace radonc::metrics {
namespace {

char32_t lower(char32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7)) return c + 0x20;
  if (c >= 0x100 && c <= 0x17F) {
    const bool odd_is_upper = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
    const bool alone = c == 0x130 || c == 0x131 || c == 0x138 || c == 0x149 || c == 0x17F;
    if (c == 0x178) return 0xFF;
    return !alone && (c % 2 == 1) == odd_is_upper ? c + 1 : c;
  }
  if (c >= 0x391 && c <= 0x3AB && c != 0x3A2) return c + 0x20;
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c >= 0xFF21 && c <= 0xFF3A) return c + 0x20;  // full width
  if (c == 0x2126) return 0x3C9;                    // ohm, kelvin, angstrom
  if (c == 0x212A) return 'k';
  if (c == 0x212B) return 0xE5;
  return c;
}

// string.punctuation
bool is_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// \w of Python's re, for the characters that text in Latin, Greek or Cyrillic script is made of.
bool is_word(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  static constexpr std::array<std::pair<char32_t, char32_t>, 36> kOthers = {
      {{0x80, 0xA9},     {0xAB, 0xB1},     {0xB4, 0xB4},     {0xB6, 0xB8},     {0xBB, 0xBB},     {0xBF, 0xBF},
       {0xD7, 0xD7},     {0xF7, 0xF7},     {0x2C2, 0x2C5},   {0x2D2, 0x2DF},   {0x2E5, 0x2EB},   {0x2ED, 0x2ED},
       {0x2EF, 0x36F},   {0x375, 0x375},   {0x378, 0x379},   {0x37E, 0x37E},   {0x380, 0x385},   {0x387, 0x387},
       {0x38B, 0x38B},   {0x38D, 0x38D},   {0x3A2, 0x3A2},   {0x3F6, 0x3F6},   {0x482, 0x489},   {0x2000, 0x206F},
       {0x2072, 0x2073}, {0x207A, 0x207E}, {0x208A, 0x208F}, {0x209D, 0x2101}, {0x2116, 0x2118}, {0x2120, 0x2123},
       {0x2190, 0x245F}, {0x2500, 0x2775}, {0x2794, 0x2BFF}, {0x3000, 0x3004}, {0xFFFC, 0xFFFD}, {0x1F300, 0x1FAFF}}};
  return std::ranges::none_of(kOthers, [c](const auto& range) { return c >= range.first && c <= range.second; });
}

std::vector<std::string> words_of(std::string_view text) {
  std::u32string kept;
  for (const char32_t c : decode(text)) {
    if (c == 0x130)
      kept += U"i\u0307";
    else if (!is_punctuation(c))
      kept += lower(c);
  }
  std::u32string spaced;
  for (std::size_t i = 0; i < kept.size();) {
    std::size_t end = i;
    while (end < kept.size() && is_word(kept[end])) ++end;
    const auto word = std::u32string_view(kept).substr(i, end - i);
    if (word == U"a" || word == U"an" || word == U"the")
      spaced += U' ';
    else
      spaced += word;
    if (end < kept.size()) spaced += kept[end];
    i = end + 1;
  }
  const std::string utf8 = encode(spaced);
  const auto words = split_words(utf8);
  return {words.begin(), words.end()};
}

}  // namespace

std::string normalize_answer(std::string_view text) {
  return fmt::format("{}", fmt::join(words_of(text), " "));
}

bool exact_match(std::string_view reference, std::string_view prediction) {
  return words_of(reference) == words_of(prediction);
}

TokenScore token_f1(std::string_view reference, std::string_view prediction) {
  auto expected = words_of(reference);
  auto given = words_of(prediction);
  if (expected.empty() || given.empty()) {
    const double both = expected.empty() && given.empty() ? 1 : 0;
    return {both, both, both};
  }
  std::ranges::sort(expected);
  std::ranges::sort(given);
  std::vector<std::string> common;
  std::ranges::set_intersection(expected, given, std::back_inserter(common));
  if (common.empty()) return {};
  const double precision = static_cast<double>(common.size()) / static_cast<double>(given.size());
  const double recall = static_cast<double>(common.size()) / static_cast<double>(expected.size());
  return {precision, recall, 2 * precision * recall / (precision + recall)};
}

TextMatch text_match(const std::vector<std::string>& references, const std::vector<std::string>& predictions) {
  if (references.size() != predictions.size())
    throw Error(
        fmt::format("text_match: {} references but {} predictions. Pass one prediction a reference, "
                    "\"\" where an answer could not be parsed.",
                    references.size(), predictions.size()));
  if (references.empty()) throw Error("text_match: no cases. Pass at least one reference with its prediction.");
  TextMatch result;
  result.n = references.size();
  const auto n = static_cast<double>(result.n);
  for (std::size_t i = 0; i < result.n; ++i) {
    const TokenScore score = token_f1(references[i], predictions[i]);
    result.exact_match += exact_match(references[i], predictions[i]) ? 1 : 0;
    result.precision += score.precision;
    result.recall += score.recall;
    result.f1 += score.f1;
  }
  for (double* sum : {&result.exact_match, &result.precision, &result.recall, &result.f1}) *sum /= n;
  return result;
}

std::string TextMatch::to_text() const {
  return text_table({{"exact match", number(exact_match)},
                     {"token precision", number(precision)},
                     {"token recall", number(recall)},
                     {"token F1", number(f1)},
                     {"cases", fmt::format("{}", n)}});
}

}  // namespace radonc::metrics
