// What words and signs of a prescription mean.
#include <algorithm>
#include <string_view>

#include "clinical/regimen_reader.hpp"

namespace radonc::clinical {

/// Words about doses and fractions. True if it was one, or failed.
bool ItemReader::word_of_number() {
  const RegimenToken& token = tokens_[at_];
  const auto [value, length_of_value] = number_words(tokens_, at_);
  const int n = static_cast<int>(length_of_value);
  int per_day = 0;
  const RegimenToken as_number{.kind = RegimenToken::Kind::kNumber, .value = static_cast<double>(value)};
  if (value > 0) {
    if (const int length = fractions_word(n, per_day); length > 0) return count(as_number, n + length, per_day), true;
    if (token.is("single") && has_dose(1) && is_fraction_word(peek(3))) return count(as_number, 1, 0), true;
    if (token.is("single") && peek(1).is("dose")) return count(as_number, 2, 0), true;
    const bool of_week = peek(n).is("days") || peek(n).is("times");
    if (const int week = a_week(of_week ? n + 1 : n); week == 2 || (week > 0 && of_week)) {  // "five days a week"
      days_a_week_ = value;
      return skip(n + (of_week ? 1 : 0) + week), true;
    }
    if (peek(n).is("times") && a_day(n + 1) > 0) return day_count(value, n + 1 + a_day(n + 1)), true;
    if (a_day(n) == 2) return day_count(value, n + 2), true;
    if (peek(n).is("weeks") && peek(-1).is("for")) weeks_ = value;
    return false;
  }
  if (token.is("hundred")) return fail("a number that cannot be read"), true;
  if (token.is("twice") || token.is("once") || token.is("thrice")) {
    const int times = token.is("once") ? 1 : token.is("twice") ? 2 : 3;
    if (a_day(1) > 0) return day_count(times, 1 + a_day(1)), true;
    if (a_week(1) > 0) return skip(1 + a_week(1)), true;
    return fail("a number of times without a day"), true;
  }
  if (token.is("bid")) return day_count(2, 1), true;
  if (token.is("tid")) return day_count(3, 1), true;
  if (token.is("daily") && peek(1).is("dose")) return pending_ = Label::kPerDay, skip(2), true;
  if (token.is("daily") || token.is("qd")) return day_count(1, 1), true;
  if (token.is("per") && is_fraction_word(peek(1))) return pending_ = Label::kPerFraction, skip(2), true;
  if (token.is("fractional") && peek(1).is("dose")) return pending_ = Label::kPerFraction, skip(2), true;
  if (is_fraction_word(token)) {
    int next = 1;
    if (peek(next).is("size") || peek(next).is("dose") || peek(next).is("of") || peek(next).is("at")) {
      pending_ = Label::kPerFraction;
      return skip(2), true;
    }
    while (next < 3 && (peek(next).is(":") || peek(next).is("="))) ++next;
    if (peek(next).is_number() && !has_dose(next)) {  // "fractions: 30"
      const RegimenToken& number = peek(next);
      const int words = is_fraction_word(peek(next + 1)) ? 1 : 0;
      return count(number, next + 1 + words, 0), true;
    }
    return skip(1), true;
  }
  if (token.is("total") || token.is("cumulative")) return pending_ = Label::kTotal, skip(1), true;
  if (token.is("x") && named_modality(tokens_, at_).num_tokens == 0) {
    if (!peek(1).is_number()) return fail("a number of times that is none"), true;
    if (has_dose(1)) return fail("two doses multiplied"), true;  // "4 x 7 gy" is read with its number
    return skip(1), true;
  }
  if (dose_unit(token)) return fail("a unit without a number"), true;
  return false;
}

/// Words that part phases.
bool ItemReader::word_of_phase() {
  const RegimenToken& token = tokens_[at_];
  if (token.is("simultaneous") || token.is("integrated") || token.is("sib")) {
    int length = 1;
    while (length < 3 && (peek(length).is("integrated") || peek(length).is("boost"))) ++length;
    return push({.kind = Kind::kSimultaneous}), skip(length), true;
  }
  if (token.is("concomitant") && peek(1).is("boost")) return fail("a concomitant boost, in turn or not"), true;
  if (token.is("then") || token.is("plus") || (token.is("followed") && peek(1).is("by"))) {
    if (!last_is(Kind::kThen)) push({.kind = Kind::kThen});
    return skip(token.is("followed") ? 2 : 1), true;
  }
  if (token.is("sequential") && peek(1).is("boost")) {
    if (!last_is(Kind::kThen)) push({.kind = Kind::kThen});
    return skip(2), true;
  }
  if (token.is("boost")) return push({.kind = Kind::kBoost}), skip(1), true;
  if (token.is("and")) return push({.kind = Kind::kAnd}), skip(1), true;
  return false;
}

/// Targets, points and modalities.
bool ItemReader::word_of_place() {
  const RegimenToken& token = tokens_[at_];
  if (token.is("point") && (peek(1).is("a") || peek(1).is("b") || peek(1).is("h")))
    return push({.kind = Kind::kPoint, .text = "point " + peek(1).text}), skip(2), true;
  if (const auto named = named_modality(tokens_, at_); named.num_tokens > 0)
    return push({.kind = Kind::kModality, .bits = named.bits}), skip(static_cast<int>(named.num_tokens)), true;
  const bool to = token.is("to");
  if (to) {
    const int article = peek(1).is("a") || peek(1).is("the") ? 1 : 0;
    if (boosted_ && has_dose(1 + article) && !levels_)
      return fail("a boost to a dose that may count the phase before"), true;
  }
  const RegimenToken& before = peek(-1);
  const bool begins = before.kind == RegimenToken::Kind::kSymbol ? !before.is("/") && !before.is("-")
                                                                 : is_filler(before) || !items_.empty();
  const bool leading = begins && (items_.empty() || last_is(Kind::kThen) || last_is(Kind::kModality));
  if (!to && !leading) return false;
  const SitePhrase phrase = site_phrase(tokens_, at_ + (to ? 1 : 0));
  if (phrase.text.empty()) return false;
  push({.kind = to || boosted_ ? Kind::kTarget : Kind::kSite, .text = phrase.text});
  return skip(static_cast<int>(phrase.num_tokens) + (to ? 1 : 0)), true;
}

void ItemReader::word() {
  if (word_of_number() || word_of_phase() || word_of_place()) return;
  const RegimenToken& token = tokens_[at_];
  if (token.is("at") && has_dose(1) && (last_is(Kind::kDose) || last_is(Kind::kCount) || boost_behind_dose()))
    pending_ = Label::kPerFraction;
  named_ |= token.is("dose") || token.is("radiotherapy") || token.is("rx");
  if (!is_filler(token)) {
    if (strict_) return fail("words beyond a prescription");
    pending_ = Label::kPlain;
    unknown_word_ = true;
  }
  skip(1);
}

void ItemReader::symbol() {
  const char c = tokens_[at_].text[0];
  const RegimenToken& before = peek(-1);
  if (c == '-') {
    const bool behind_dose = dose_unit(before).has_value();
    if (before.is_number() || (behind_dose && has_dose(1))) return fail("a range");
    if (tokens_[at_].attached && !behind_dose && !is_fraction_word(before)) return fail("a negative number");
  } else if (c == '+') {
    if (!last_is(Kind::kThen)) push({.kind = Kind::kThen});
  } else if (c == '&') {
    push({.kind = Kind::kAnd});
  } else if (c == '=') {
    if (!items_.empty() && pending_ == Label::kPlain) pending_ = Label::kTotal;
  } else if (c == '@') {
    if (last_is(Kind::kDose) || last_is(Kind::kCount) || boost_behind_dose()) pending_ = Label::kPerFraction;
  } else if (c == ',' || c == ';' || c == '.') {
    pending_ = Label::kPlain;
  } else if ((c == '/' || (c == '(' && peek(3).is(")"))) && !simultaneous_ && is_fraction_of_last(1)) {
    pending_ = Label::kPerFraction;
  } else if (c == '/') {
    if (has_dose(1) && last_is(Kind::kDose) && !simultaneous_ && !is_fraction_word(peek(4)) &&
        !is_fraction_word(peek(3)))
      return fail("several doses, and which one is meant is not said");
  } else if (strict_ && std::string_view("()[]:*#'\"").find(c) == std::string_view::npos) {
    return fail("words beyond a prescription");
  }
  skip(1);
}

}  // namespace radonc::clinical
