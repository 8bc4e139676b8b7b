// ROUGE, equal to Google's rouge_score 0.1.2.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::metrics {

struct RADONC_API RougeScore {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

struct RADONC_API RougeOptions {
  bool use_stemmer = false;  ///< Porter stemmer on words of more than three characters, as rouge_score does
};

/// Lower-cased runs of [a-z0-9], stemmed if asked.
RADONC_API std::vector<std::string> rouge_tokens(std::string_view text, const RougeOptions& options = {});

/// Overlap of n-grams, with clipped counts (Lin 2004). Throws radonc::Error unless n >= 1.
RADONC_API RougeScore rouge_n(std::string_view reference, std::string_view prediction, int n = 1,
                              const RougeOptions& options = {});

/// Longest common subsequence of tokens (Lin 2004).
RADONC_API RougeScore rouge_l(std::string_view reference, std::string_view prediction,
                              const RougeOptions& options = {});

/// Summary-level longest common subsequence (Lin 2004, section 3.2): for each sentence of the reference, the union of
/// its longest common subsequences with every sentence of the prediction, with clipped counts. A line is a sentence.
RADONC_API RougeScore rouge_lsum(std::string_view reference, std::string_view prediction,
                                 const RougeOptions& options = {});

/// The four usual scores of one pair, or their means over many.
struct RADONC_API RougeScores {
  RougeScore rouge1;
  RougeScore rouge2;
  RougeScore rouge_l;
  RougeScore rouge_lsum;

  /// A table with a line a score; ends with a newline.
  [[nodiscard]] std::string to_text() const;
};

/// All four, with one pass over the texts.
RADONC_API RougeScores rouge(std::string_view reference, std::string_view prediction, const RougeOptions& options = {});

/// The arithmetic mean of rouge(references[i], predictions[i]).
/// Throws radonc::Error on empty or unequally long input.
RADONC_API RougeScores mean_rouge(const std::vector<std::string>& references,
                                  const std::vector<std::string>& predictions, const RougeOptions& options = {});

}  // namespace radonc::metrics
