// The words of prescriptions. Private.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clinical/regimen_lexer.hpp"

namespace radonc::clinical {

/// cGy in one of the unit that the word names, or nothing.
std::optional<double> dose_unit(const RegimenToken& token);

/// "fractions", "fx", "#".
bool is_fraction_word(const RegimenToken& token);

/// "daily", "equal", "bid": what may stand between a number and "fractions".
bool is_fraction_adjective(const RegimenToken& token);

/// What a number may be of that says nothing of the dose: "weeks", "mv", "%".
bool is_other_unit(const RegimenToken& token);

/// 1 for "one" and "single", 25 for "twenty five", to 99, and how many tokens that takes; 0 for other words.
struct NumberWords {
  int value = 0;
  std::size_t num_tokens = 0;
};
NumberWords number_words(const std::vector<RegimenToken>& tokens, std::size_t at);

/// Words that say that what follows is not one stated dose: "or", "about", "not". The reason, or nothing.
std::optional<std::string_view> is_hazard(const RegimenToken& token);

/// Words that a prescription may hold and that change nothing.
bool is_filler(const RegimenToken& token);

/// Modalities and techniques named by the tokens from `at` on, as bits, and how many tokens that takes; 0 for none.
struct NamedModality {
  unsigned bits = 0;
  std::size_t num_tokens = 0;
};
NamedModality named_modality(const std::vector<RegimenToken>& tokens, std::size_t at);

/// The canonical name of what the bits name together: "photon imrt". Nothing if they exclude one another.
std::optional<std::string> modality_of(unsigned bits);

/// The longest anatomical phrase from `at` on, "left breast", of known words only, one of them a place; empty where the
/// phrase is none, or goes on with an unknown word.
struct SitePhrase {
  std::string text;
  std::size_t num_tokens = 0;
};
SitePhrase site_phrase(const std::vector<RegimenToken>& tokens, std::size_t at);

}  // namespace radonc::clinical
