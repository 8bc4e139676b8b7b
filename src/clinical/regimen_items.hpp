// What the tokens of a prescription mean. Private.
#pragma once

#include <string>
#include <vector>

#include "clinical/regimen_lexer.hpp"

namespace radonc::clinical {

struct RegimenItem {
  enum class Kind { kDose, kCount, kThen, kBoost, kSimultaneous, kPerDay, kSite, kTarget, kPoint, kModality, kAnd };
  /// What the words about a dose, or a number of fractions, say it is.
  enum class Label { kPlain, kPerFraction, kPerDay, kTotal };
  Kind kind = Kind::kDose;
  Label label = Label::kPlain;
  double cgy = 0;         ///< of a dose
  int count = 0;          ///< of a count, or of fractions a day
  bool of_count = false;  ///< of a dose: its fractions follow at once, "60 gy in 30"
  bool no_unit = false;   ///< of a dose: its unit was not written, and only one is plausible
  std::string text;       ///< a target, a point, or a modality as it is
  unsigned bits = 0;      ///< a modality, see modality_of()
};

/// Appends the items of `tokens` to `items`. Returns why the text is no prescription, or an empty string. `strict`: a
/// word without a meaning is a reason; else it is passed over, and only numbers must have one.
std::string read_regimen_items(const std::vector<RegimenToken>& tokens, bool strict, std::vector<RegimenItem>& items);

}  // namespace radonc::clinical
