#include "radonc/clinical/regimen.hpp"

#include <fmt/format.h>

#include "clinical/regimen_lexer.hpp"
#include "clinical/regimen_phases.hpp"
#include "clinical/regimen_sentence.hpp"
#include "clinical/regimen_words.hpp"
#include "core/text.hpp"
#include "radonc/core/error.hpp"

namespace radonc::clinical {
namespace {

using core::capitalized;
using core::first_line;
using core::lowered;
using core::single_spaced;

/// Semicolons part a regimen's fields.
std::string without_semicolons(std::string text) {
  std::replace(text.begin(), text.end(), ';', ',');
  return text;
}

constexpr const char* kNoSite = "site not stated";
constexpr const char* kNoModality = "modality not stated";
constexpr const char* kNoPoint = "a point";

/// A field as the sentence holds it; `instead` stands for an empty one.
std::string field(const std::string& text, const char* instead) {
  std::string plain = lowered(single_spaced(without_semicolons(text)));
  return plain.empty() ? instead : plain;
}

/// The string that field() made the text of.
std::string unless(const std::string& text, const char* instead) {
  return text == instead ? std::string() : text;
}

/// The fields of a line, without the white space around them.
std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(';', begin), line.size());
    found.push_back(single_spaced(line.substr(begin, end - begin)));
    begin = end + 1;
  }
  return found;
}

bool has_dose(const std::vector<RegimenToken>& tokens) {
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i)
    if (tokens[i].is_number() && dose_unit(tokens[i + 1])) return true;
  return false;
}

/// Takes `prefix` off the text, if the text begins with it.
bool take(std::string& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.erase(0, prefix.size());
  return true;
}

/// A field of a phase that holds no dose: its target, point or modality.
bool is_phase_field(const std::string& part) {
  return part.starts_with("to ") || part.starts_with("at ") || part.starts_with("by ");
}

/// "Site; modality; " and one or more fields of a prescription, which hold nothing else.
RegimenReading structured(const std::vector<std::string>& parts) {
  using Kind = RegimenItem::Kind;
  if (parts[0].empty() || parts[1].empty()) return {{std::nullopt, "an empty site or modality"}};
  std::vector<RegimenItem> items;
  for (std::size_t i = 2; i < parts.size(); ++i) {
    std::string part = parts[i];
    if (part.empty() || part == ".") continue;
    if (take(part, "then ")) items.push_back({.kind = Kind::kThen});
    if (take(part, "with simultaneous ")) items.push_back({.kind = Kind::kSimultaneous});
    const std::vector<RegimenToken> tokens = regimen_tokens(plain_signs(part));
    if (has_dose(tokens)) {
      if (const std::string reason = read_regimen_items(tokens, true, items); !reason.empty())
        return {{std::nullopt, reason}};
    } else if (take(part, "to ")) {
      items.push_back({.kind = Kind::kTarget, .text = part});
    } else if (take(part, "at ")) {
      items.push_back({.kind = Kind::kPoint, .text = part});
    } else if (take(part, "by ")) {
      items.push_back({.kind = Kind::kModality, .text = modality_name(part)});
    } else if (const std::string reason = read_regimen_items(tokens, true, items); !reason.empty()) {
      return {{std::nullopt, reason}};
    }
    if (items.size() > 4000) return {{std::nullopt, "too long for a regimen"}};
  }
  RegimenReading read = regimen_phases(items, true);
  if (!read.value) return read;
  Regimen& regimen = *read.value;
  regimen.site = unless(parts[0], kNoSite);
  regimen.modality = unless(modality_name(parts[1]), kNoModality);
  for (Phase& phase : regimen.phases) {
    if (phase.kind == PhaseKind::kPoint) phase.target = unless(phase.target, kNoPoint);
    if (phase.modality == regimen.modality) phase.modality.clear();
  }
  return read;
}

}  // namespace

std::string modality_name(const std::string& text) {
  std::string plain = lowered(single_spaced(text));
  const std::vector<RegimenToken> tokens = regimen_tokens(plain_signs(plain));
  unsigned bits = 0;
  for (std::size_t i = 0; i < tokens.size();) {
    const NamedModality named = named_modality(tokens, i);
    const RegimenToken& token = tokens[i];
    const bool general = token.is("radiotherapy") || token.is("radiation") || token.is("therapy") || token.is("rt") ||
                         token.is("irradiation") || token.is("beam") || token.is("(") || token.is(")");
    if (named.num_tokens == 0 && !general) return plain;
    bits |= named.bits;
    i += std::max<std::size_t>(named.num_tokens, 1);
  }
  const auto name = bits == 0 ? std::nullopt : modality_of(bits);
  return name.value_or(plain);
}

std::string to_text(const Regimen& regimen) {
  if (regimen.phases.empty()) throw Error("A regimen without a phase has no text.");
  std::string text = fmt::format("{}; {}", field(regimen.site, kNoSite), field(regimen.modality, kNoModality));
  for (std::size_t i = 0; i < regimen.phases.size(); ++i) {
    const Phase& phase = regimen.phases[i];
    text += "; ";
    if (i > 0) text += phase.kind == PhaseKind::kSimultaneous ? "with simultaneous " : "then ";
    if (phase.kind == PhaseKind::kPoint) {
      text += fmt::format("at {}; ", field(phase.target, kNoPoint));
    } else if (!phase.target.empty()) {
      text += fmt::format("to {}; ", field(phase.target, ""));
    }
    if (!phase.modality.empty()) text += fmt::format("by {}; ", field(phase.modality, ""));
    text += fmt::format("{} cGy x {} fractions{}; total {} cGy", dose_text(phase.dose_per_fraction_cgy),
                        phase.num_fractions, a_day(phase.fractions_per_day), dose_text(phase.total_dose_cgy));
  }
  return capitalized(std::move(text));
}

RegimenReading parse_regimen(const std::string& text) {
  const std::string line = lowered(first_line(text));
  const std::vector<std::string> parts = fields(line);
  // The first dose stands in the third field, behind the target and the modality of its phase if these have fields.
  std::size_t at = 0;
  while (at < parts.size() && !has_dose(regimen_tokens(plain_signs(parts[at])))) {
    if (at >= 2 && !is_phase_field(parts[at])) return {{std::nullopt, "no prescription behind site and modality"}};
    ++at;
  }
  const bool no_unit = at == parts.size();
  if (no_unit && parts.size() > 1) return {{std::nullopt, "no dose with a unit"}};
  if (at >= 2) return structured(parts);
  std::vector<RegimenItem> items;
  const std::string reason = read_regimen_items(regimen_tokens(plain_signs(line)), false, items);
  RegimenReading read = reason.empty() ? regimen_phases(items, false) : RegimenReading{{std::nullopt, reason}};
  if (no_unit && !read.value) read.reason = "no dose with a unit";
  return read;
}

}  // namespace radonc::clinical
