// ROUGE, equal to Google's rouge_score 0.1.2.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace radonc::eval {

struct RougeScore {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

struct RougeOptions {
  bool use_stemmer = false;  ///< Porter stemmer on words of more than three characters, as rouge_score does
};

/// Lower-cased runs of [a-z0-9], stemmed if asked.
std::vector<std::string> rouge_tokens(std::string_view text, const RougeOptions& options = {});

/// Overlap of n-grams, with clipped counts (Lin 2004). Throws radonc::Error unless n >= 1.
RougeScore rouge_n(std::string_view reference, std::string_view prediction, int n = 1,
                   const RougeOptions& options = {});

/// Longest common subsequence of tokens (Lin 2004).
RougeScore rouge_l(std::string_view reference, std::string_view prediction, const RougeOptions& options = {});

}  // namespace radonc::eval
