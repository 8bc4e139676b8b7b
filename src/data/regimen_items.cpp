#include "data/regimen_items.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "data/regimen_words.hpp"

namespace radonc::data {
namespace {

using Kind = RegimenItem::Kind;
using Label = RegimenItem::Label;

/// Reads tokens from left to right, with a look of a few tokens to either side.
class ItemReader {
 public:
  ItemReader(const std::vector<RegimenToken>& tokens, bool strict, std::vector<RegimenItem>& items)
      : tokens_(tokens), strict_(strict), items_(items) {}

  std::string read() {
    constexpr std::size_t kMostItems = 400;
    while (at_ < tokens_.size() && reason_.empty()) {
      if (items_.size() > kMostItems) return "too long for a regimen";
      const RegimenToken& token = tokens_[at_];
      if (const auto hazard = is_hazard(token)) return std::string(*hazard);
      if (token.is_number()) {
        number();
      } else if (token.kind == RegimenToken::Kind::kWord) {
        word();
      } else {
        symbol();
      }
    }
    return reason_;
  }

 private:
  /// The token `ahead` of the current one; behind the end, and before the beginning, a full stop.
  [[nodiscard]] const RegimenToken& peek(std::ptrdiff_t ahead) const {
    static const RegimenToken kNone{.text = "."};
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(at_) + ahead;
    return at >= 0 && at < std::ssize(tokens_) ? tokens_[static_cast<std::size_t>(at)] : kNone;
  }
  [[nodiscard]] bool has_dose(std::ptrdiff_t ahead) const {
    return peek(ahead).is_number() && dose_unit(peek(ahead + 1)).has_value();
  }
  [[nodiscard]] bool last_is(Kind kind) const { return !items_.empty() && items_.back().kind == kind; }
  [[nodiscard]] bool any_dose() const {
    return std::any_of(items_.rbegin(), items_.rbegin() + std::min<std::ptrdiff_t>(std::ssize(items_), 6),
                       [](const auto& item) { return item.kind == Kind::kDose; });
  }
  void fail(const char* reason) { reason_ = reason; }
  void push(RegimenItem item) {
    pending_ = Label::kPlain;
    boosted_ |= item.kind == Kind::kThen || item.kind == Kind::kBoost;
    if (item.kind == Kind::kSimultaneous) {
      levels_ = true;
      simultaneous_ = true;
    } else if (item.kind == Kind::kDose || item.kind == Kind::kThen || item.kind == Kind::kBoost) {
      levels_ = false;
    }
    items_.push_back(std::move(item));
  }

  /// Tokens from `ahead` on that say "a day": "daily", "per day", "/day", "a day"; 0 for none.
  [[nodiscard]] int a_day(int ahead) const {
    if (peek(ahead).is("daily") || peek(ahead).is("qd")) return 1;
    const RegimenToken& first = peek(ahead);
    const bool each = first.is("per") || first.is("/") || first.is("a") || first.is("each") || first.is("every");
    return each && (peek(ahead + 1).is("day") || peek(ahead + 1).is("d")) ? 2 : 0;
  }
  /// Likewise for weeks, which say nothing of the prescription.
  [[nodiscard]] int a_week(int ahead) const {
    if (peek(ahead).is("weekly")) return 1;
    const RegimenToken& first = peek(ahead);
    const bool each = first.is("per") || first.is("/") || first.is("a") || first.is("each");
    return each && (peek(ahead + 1).is("week") || peek(ahead + 1).is("wk")) ? 2 : 0;
  }
  /// Tokens from `ahead` on that are adjectives and "fractions"; 0 for none. `per_day` takes what they say.
  int fractions_word(int ahead, int& per_day) const {
    int length = 0, said = 0;
    for (; length < 4 && is_fraction_adjective(peek(ahead + length)); ++length) {
      if (peek(ahead + length).is("bid") || peek(ahead + length).is("twice")) said = 2;
      if (peek(ahead + length).is("tid")) said = 3;
    }
    if (!is_fraction_word(peek(ahead + length))) return 0;
    if (said > 0) per_day = said;
    return length + 1;
  }

  void number() {
    const RegimenToken& token = tokens_[at_];
    if (!token.readable) return fail("a number that cannot be read");
    if (has_dose(0)) return dose(token, *dose_unit(peek(1)), 2);
    int per_day = 0;
    if (const int length = fractions_word(1, per_day); length > 0) return count(token, 1 + length, per_day);
    if (is_other_unit(peek(1))) return skip(2);
    const bool times = peek(1).is("x") || peek(1).is("*") || peek(1).is("times");
    if (times && a_day(2) > 0) return day_count(token.value, 2 + a_day(2));
    if (times && a_week(2) > 0) return skip(2 + a_week(2));
    if (times && has_dose(2)) {  // "4 x 7 gy"
      count(token, 2, 0);
      pending_ = Label::kPerFraction;
      return;
    }
    if (peek(1).is("-") || (peek(1).is("to") && peek(2).is_number())) return fail("a range");
    const RegimenToken& before = peek(-1);
    const bool counts = before.is("x") || before.is("*") || before.is("in") || before.is("/");
    const bool joint = peek(1).is(",") || peek(1).is("and") || peek(1).is("&") || peek(1).is("+");
    if (peek(2).is_number() && (peek(1).is("/") || (joint && !counts))) return list();
    if (before.is("x") || before.is("*")) return count(token, 1, 0);
    if ((before.is("in") && any_dose()) || (before.is("/") && last_is(Kind::kDose))) {
      if (last_is(Kind::kDose)) items_.back().of_count = true;
      return count(token, 1, 0);
    }
    fail("a number without a unit");
  }

  void skip(int num_tokens) { at_ += static_cast<std::size_t>(num_tokens); }

  void count(const RegimenToken& token, int num_tokens, int per_day) {
    if (!token.readable || token.value != std::floor(token.value) || token.value < 1 || token.value > 999)
      return fail("fractions not a whole number");
    const int value = static_cast<int>(token.value);
    const RegimenToken& before = peek(-1);
    if (is_fraction_word(peek(num_tokens - 1)) && peek(num_tokens - 1).text != "#") {
      if (const int day = a_day(num_tokens); day == 2) return day_count(value, num_tokens + day);
      if (const int week = a_week(num_tokens); week > 0) return skip(num_tokens + week);
    }
    if ((before.is("x") || before.is("*")) && !dose_of_times()) return;
    if ((before.is("in") || before.is("/")) && last_is(Kind::kDose)) items_.back().of_count = true;
    const Label label = pending_ == Label::kTotal ? Label::kTotal : Label::kPlain;
    const bool words = is_fraction_word(peek(num_tokens - 1));
    push({.kind = Kind::kCount, .label = label, .count = value});
    if (per_day > 0) push({.kind = Kind::kPerDay, .count = per_day});
    skip(num_tokens);
    if (words && (peek(0).is("of") || peek(0).is("at") || peek(0).is("@") || peek(0).is("x") || peek(0).is("*"))) {
      if (!has_dose(1)) return;
      pending_ = Label::kPerFraction;
      skip(1);
    }
  }

  /// The dose before "x 28" is one fraction's. False, and a reason, if there is none.
  bool dose_of_times() {
    for (auto item = items_.rbegin(); item != items_.rend() && item - items_.rbegin() < 4; ++item) {
      if (item->kind == Kind::kPerDay || item->kind == Kind::kTarget || item->kind == Kind::kModality) continue;
      if (item->kind != Kind::kDose || item->label == Label::kTotal) break;
      if (item->label == Label::kPlain) item->label = Label::kPerFraction;
      return true;
    }
    fail("a number of times without a dose");
    return false;
  }

  void day_count(double value, int num_tokens) {
    if (value != std::floor(value) || value < 1 || value > 9) return fail("fractions a day not a small number");
    push({.kind = Kind::kPerDay, .count = static_cast<int>(value)});
    skip(num_tokens);
  }

  /// "63/56 gy" behind a simultaneous boost; "6/10 mv".
  void list() {
    std::size_t end = at_ + 1;
    const auto joint = [&] {
      return end + 1 < tokens_.size() && tokens_[end + 1].is_number() &&
             (tokens_[end].is("/") || tokens_[end].is(",") || tokens_[end].is("and") || tokens_[end].is("&"));
    };
    while (joint() && tokens_[end + 1].readable) end += 2;
    if (end < tokens_.size() && is_other_unit(tokens_[end])) {
      at_ = end + 1;
      return;
    }
    const auto unit = end < tokens_.size() ? dose_unit(tokens_[end]) : std::nullopt;
    if (!unit) return fail("a number without a unit");
    if (!levels_) return fail("several doses, and which one is meant is not said");
    for (; at_ + 2 < end; at_ += 2) {
      if (!check(tokens_[at_], *unit)) return;
      push({.kind = Kind::kDose, .cgy = in_cgy(tokens_[at_], *unit)});
    }
    dose(tokens_[at_], *unit, 2);
  }

  static double in_cgy(const RegimenToken& token, double unit) { return std::round(token.value * unit * 1e4) / 1e4; }

  bool check(const RegimenToken& token, double unit) {
    constexpr double kLargest = 999'999;
    if ((token.grouped && unit > 1) || (token.three_decimals && unit == 1)) {
      fail("a point or comma that may part thousands or decimals");
    } else if (in_cgy(token, unit) > kLargest || token.value <= 0) {
      fail("dose beyond any regimen");
    }
    return reason_.empty();
  }

  void dose(const RegimenToken& token, double unit, int next) {
    if (!check(token, unit)) return;
    if (peek(next).is("(") && peek(next + 1).is("rbe") && peek(next + 2).is(")")) next += 3;
    if (peek(next).is("rbe")) ++next;
    if (peek(next).is("to") && has_dose(next + 1)) return fail("a range");
    RegimenItem item{.label = pending_, .cgy = in_cgy(token, unit)};
    int per_day = 0;
    const RegimenToken& after = peek(next);
    if ((after.is("/") || after.is("per") || after.is("a") || after.is("each") || after.is("every")) &&
        is_fraction_word(peek(next + 1))) {
      item.label = Label::kPerFraction;
      next += 2;
    } else if (after.is("each")) {
      item.label = Label::kPerFraction;
      ++next;
    } else if (const int length = fractions_word(next, per_day); length > 0 && !peek(next).is("#")) {
      item.label = Label::kPerFraction;
      next += length;
    } else if (const int day = a_day(next); day > 0 && item.label == Label::kPlain) {
      item.label = Label::kPerDay;
      next += day;
    } else if (after.is("total")) {
      item.label = Label::kTotal;
      next += peek(next + 1).is("dose") ? 2 : 1;
    } else if (after.is("in") && (peek(next + 1).is("total") || peek(next + 1).is("all"))) {
      item.label = Label::kTotal;
      next += 2;
    }
    push(std::move(item));
    if (per_day > 0) push({.kind = Kind::kPerDay, .count = per_day});
    skip(next);
  }

  void word();
  bool word_of_number();
  bool word_of_phase();
  bool word_of_place();
  void symbol();

  const std::vector<RegimenToken>& tokens_;
  bool strict_;
  std::vector<RegimenItem>& items_;
  std::size_t at_ = 0;
  Label pending_ = Label::kPlain;
  bool boosted_ = false;       ///< a further phase has begun
  bool simultaneous_ = false;  ///< a simultaneous boost was named
  bool levels_ = false;        ///< and its doses follow
  std::string reason_;
};

/// Words about doses and fractions. True if it was one, or failed.
bool ItemReader::word_of_number() {
  const RegimenToken& token = tokens_[at_];
  const int value = token.is("single") ? 1 : number_word(token);
  int per_day = 0;
  const RegimenToken as_number{.kind = RegimenToken::Kind::kNumber, .value = static_cast<double>(value)};
  if (value > 0) {
    if (const int length = fractions_word(1, per_day); length > 0) return count(as_number, 1 + length, per_day), true;
    if (peek(1).is("times") && a_day(2) > 0) return day_count(value, 2 + a_day(2)), true;
    if (token.is("single") && has_dose(1) && is_fraction_word(peek(3))) return count(as_number, 1, 0), true;
    return false;
  }
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
  if (token.is("x")) {
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
  if (token.is("at") && !items_.empty() && has_dose(1) && (last_is(Kind::kDose) || last_is(Kind::kCount)))
    pending_ = Label::kPerFraction;
  if (!is_filler(token)) {
    if (strict_) return fail("words beyond a prescription");
    pending_ = Label::kPlain;
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
    if (last_is(Kind::kDose) || last_is(Kind::kCount)) pending_ = Label::kPerFraction;
  } else if (c == ',' || c == ';' || c == '.') {
    pending_ = Label::kPlain;
  } else if (c == '/') {
    if (has_dose(1) && last_is(Kind::kDose) && !simultaneous_ && !is_fraction_word(peek(4)) &&
        !is_fraction_word(peek(3)))
      return fail("several doses, and which one is meant is not said");
  } else if (strict_ && std::string_view("()[]:*#'\"").find(c) == std::string_view::npos) {
    return fail("words beyond a prescription");
  }
  skip(1);
}

}  // namespace

std::string read_regimen_items(const std::vector<RegimenToken>& tokens, bool strict, std::vector<RegimenItem>& items) {
  return ItemReader(tokens, strict, items).read();
}

}  // namespace radonc::data
