// The tokens of a prescription. Private.
#pragma once

#include <string>
#include <vector>

namespace radonc::clinical {

struct RegimenToken {
  enum class Kind { kNumber, kWord, kSymbol };
  Kind kind = Kind::kSymbol;
  std::string text;             ///< a word, or a symbol of one character; empty for a number
  double value = 0;             ///< of a number
  bool readable = true;         ///< of a number: false if too long, or with separators that make no number
  bool grouped = false;         ///< of a number: "5,040", read as 5040
  bool three_decimals = false;  ///< of a number: "5.040"
  bool attached = false;        ///< of the symbol "-": a digit follows at once

  [[nodiscard]] bool is_number() const { return kind == Kind::kNumber; }
  [[nodiscard]] bool is(const char* what) const { return kind != Kind::kNumber && text == what; }
};

/// `text` in lower case, with plain signs for typographic ones: "×" is " x ", dashes are "-", no-break spaces " ".
std::string plain_signs(const std::string& text);

/// The tokens of a text that plain_signs() made. Hyphens are dropped, but before a number. A word may hold digits
/// behind its letters ("c50", "co-60"); "x28", "fx30", "gyx30" and "30fx" fall apart; "b.i.d." is "bid"; "3d" is a
/// word.
std::vector<RegimenToken> regimen_tokens(const std::string& text);

}  // namespace radonc::clinical
