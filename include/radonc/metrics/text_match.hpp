// Exact match and token F1 of short answers, as in SQuAD 2.0's evaluation script (Rajpurkar et al. 2016, 2018).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::metrics {

/// The answer in lower case, without ASCII punctuation, without the words "a", "an" and "the", and with one space
/// between words: SQuAD's normalisation, in its order. Letters beyond ASCII change case in Latin-1, Latin Extended-A,
/// Greek, Cyrillic and full-width Latin; a capital sigma always becomes the small one that is not final. Other
/// characters stay. Punctuation vanishes rather than separates: "50.4 Gy" becomes "504 gy".
RADONC_API std::string normalize_answer(std::string_view text);

/// Whether both answers are the same once normalised.
RADONC_API bool exact_match(std::string_view reference, std::string_view prediction);

struct RADONC_API TokenScore {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

/// The words that both normalised answers share, with clipped counts. If an answer has no words, all three are 1 when
/// the other has none either, else 0.
RADONC_API TokenScore token_f1(std::string_view reference, std::string_view prediction);

/// Means over cases, between 0 and 1.
struct RADONC_API TextMatch {
  double exact_match = 0;
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  std::size_t n = 0;

  /// A line a figure; ends with a newline.
  [[nodiscard]] std::string to_text() const;
};

/// Throws radonc::Error on empty or unequally long input. An answer that could not be parsed is passed as "" and
/// scores 0 against every reference that has words.
RADONC_API TextMatch text_match(const std::vector<std::string>& references,
                                const std::vector<std::string>& predictions);

}  // namespace radonc::metrics
