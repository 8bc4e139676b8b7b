// BLEU and chrF, equal to sacrebleu 2.6 with its default settings.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::metrics {

/// The tokens of sacrebleu's "13a", which is WMT's mteval-v13a.
RADONC_API std::vector<std::string> bleu_tokens(std::string_view text);

/// Scores are between 0 and 100. Index n - 1 holds the n-grams of length n.
struct RADONC_API BleuScore {
  double score = 0;
  std::array<double, 4> precisions{};    ///< in per cent; all 0 if no word is right
  std::array<std::size_t, 4> matches{};  ///< n-grams of the prediction that a reference has, clipped
  std::array<std::size_t, 4> totals{};   ///< n-grams of the prediction
  double brevity_penalty = 0;            ///< 1 unless the prediction is shorter than the reference
  std::size_t prediction_length = 0;     ///< in tokens
  std::size_t reference_length = 0;      ///< of the references closest in length; of equally close ones the shorter

  /// In sacrebleu's form, without a newline:
  /// "BLEU = 48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = 0.944 hyp_len = 17 ref_len = 18)".
  [[nodiscard]] std::string to_text() const;
};

/// BLEU of one text (Papineni et al. 2002), case kept, 13a tokens, exponential smoothing, effective order: n-grams
/// longer than the prediction do not count. Equals sacrebleu.sentence_bleu(prediction, references).
/// Throws radonc::Error without references.
RADONC_API BleuScore sentence_bleu(const std::vector<std::string>& references, std::string_view prediction);

/// BLEU from the summed counts of all texts, without effective order. references[i] are those of predictions[i].
/// Equals sacrebleu.corpus_bleu. Throws radonc::Error on empty or unequally long input or a text without reference.
RADONC_API BleuScore corpus_bleu(const std::vector<std::vector<std::string>>& references,
                                 const std::vector<std::string>& predictions);

/// chrF2 (Popović 2015) between 0 and 100: character n-grams up to 6, without white space, case kept, recall counting
/// twice as much as precision. Of several references the best counts. Equals sacrebleu.sentence_chrf.
/// Throws radonc::Error without references.
RADONC_API double sentence_chrf(const std::vector<std::string>& references, std::string_view prediction);

/// chrF2 from the summed counts of all texts. Equals sacrebleu.corpus_chrf. Same input as corpus_bleu.
RADONC_API double corpus_chrf(const std::vector<std::vector<std::string>>& references,
                              const std::vector<std::string>& predictions);

}  // namespace radonc::metrics
