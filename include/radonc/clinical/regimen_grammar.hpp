// The canonical sentences of plausible regimens, byte by byte: what a model is confined to that may answer nothing
// else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/core/grammar.hpp"

namespace radonc::clinical {

/// Texts as in Regimen and Phase; they may be written with capitals, and a modality by any of its names.
struct RADONC_API RegimenGrammarConfig {
  std::vector<std::string> sites;       ///< one of them is the regimen's
  std::vector<std::string> modalities;  ///< one of them is the regimen's, and a phase's where that has its own
  int max_phases = 1;
  std::vector<std::string> targets;  ///< a phase behind the first may have one of its own
  std::vector<std::string> points;   ///< a phase may be prescribed to one of these
  int max_fractions_per_day = 1;
};

/// Sentences of clinical::to_text(Regimen) whose site, modality, targets and points are of the lists given, and whose
/// numbers are plausible as clinical/plausible.hpp has it: fractions of 80 to 3,400 cGy in steps of 0.5 cGy, at most
/// 100 of them, and at most 15,000 cGy in a phase. A phase's total is its dose per fraction times its fractions, and a
/// simultaneous boost has the fractions of the phase before. So parse_regimen(text) reads every text of the grammar,
/// nothing is inconsistent or derived, and to_text() of what it reads is the text again.
class RADONC_API RegimenGrammar : public core::Grammar {
 public:
  /// Throws radonc::Error naming the list and the place if a list that must not be empty is, or if a text cannot stand
  /// in the sentence (it holds a dose, or words that mean an empty one).
  explicit RegimenGrammar(const RegimenGrammarConfig& config);

  [[nodiscard]] State start() const override;
  [[nodiscard]] std::optional<State> next(const State& state, char byte) const override;
  [[nodiscard]] bool may_end(const State& state) const override;
  [[nodiscard]] std::int64_t longest() const override;

 private:
  struct Lists;
  std::shared_ptr<const Lists> lists_;  // shared by copies
};

}  // namespace radonc::clinical
