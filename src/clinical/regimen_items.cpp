#include "clinical/regimen_items.hpp"

#include <algorithm>
#include <cmath>

#include "clinical/regimen_reader.hpp"
#include "clinical/regimen_units.hpp"

namespace radonc::clinical {
namespace {

double in_cgy(const RegimenToken& token, double unit) {
  return std::round(token.value * unit * 1e4) / 1e4;
}

bool is_times(const RegimenToken& token) {
  return token.is("x") || token.is("*");
}

bool is_week(const RegimenToken& token) {
  return token.is("week") || token.is("weeks") || token.is("wk") || token.is("wks");
}

/// What may stand behind a number that is a dose although it has no unit: a sign, an end, or words of a fraction.
bool may_follow_fraction(const RegimenToken& token) {
  static constexpr std::string_view kSigns = ",.;)/+";
  return is_times(token) || token.is("per") || token.is("daily") || token.is("qd") || token.is("bid") ||
         (token.kind == RegimenToken::Kind::kSymbol && kSigns.find(token.text) != kSigns.npos);
}

}  // namespace

std::string ItemReader::read() {
  constexpr std::size_t kMostItems = 400;
  while (at_ < tokens_.size() && reason_.empty()) {
    if (items_.size() > kMostItems) return "too long for a regimen";
    const RegimenToken& token = tokens_[at_];
    const auto hazard = is_hazard(token);
    if (hazard && !hours_between()) return std::string(*hazard);
    if (token.is_number()) {
      number();
    } else if (token.kind == RegimenToken::Kind::kWord) {
      word();
    } else {
      symbol();
    }
  }
  if (!reason_.empty()) return reason_;
  if (no_unit_ && (unknown_word_ || (small_ && !named_))) return "a number without a unit";
  count_from_weeks();
  return {};
}

void ItemReader::push(RegimenItem item) {
  pending_ = Label::kPlain;
  boosted_ |= item.kind == Kind::kThen || item.kind == Kind::kBoost;
  named_ |=
      item.kind != Kind::kDose && item.kind != Kind::kCount && item.kind != Kind::kThen && item.kind != Kind::kAnd;
  if (item.kind == Kind::kSimultaneous) {
    levels_ = true;
    simultaneous_ = true;
  } else if (item.kind == Kind::kDose || item.kind == Kind::kThen || item.kind == Kind::kBoost) {
    levels_ = false;
  }
  items_.push_back(std::move(item));
}

int ItemReader::a_day(int ahead) const {
  if (peek(ahead).is("daily") || peek(ahead).is("qd")) return 1;
  const RegimenToken& first = peek(ahead);
  const bool each = first.is("per") || first.is("/") || first.is("a") || first.is("each") || first.is("every");
  return each && (peek(ahead + 1).is("day") || peek(ahead + 1).is("d")) ? 2 : 0;
}

int ItemReader::a_week(int ahead) const {
  if (peek(ahead).is("weekly")) return 1;
  const RegimenToken& first = peek(ahead);
  const bool each = first.is("per") || first.is("/") || first.is("a") || first.is("each");
  return each && (peek(ahead + 1).is("week") || peek(ahead + 1).is("wk")) ? 2 : 0;
}

int ItemReader::several_a_day(int ahead) const {
  const RegimenToken& first = peek(ahead);
  if (first.is("bid") || first.is("tid")) return 1;
  int length = 0;
  if (first.is("twice") || first.is("thrice")) length = 1;
  const bool number = first.is_number() ? first.value > 1 : number_words(tokens_, at_ + ahead).value > 1;
  if (number && (is_times(peek(ahead + 1)) || peek(ahead + 1).is("times"))) length = 2;
  return length > 0 && a_day(ahead + length) > 0 ? length + a_day(ahead + length) : 0;
}

bool ItemReader::leads_to_total(int ahead) const {
  if (peek(ahead).is(",")) ++ahead;
  if (!peek(ahead).is("to") && !peek(ahead).is("total") && !peek(ahead).is("cumulative") && !peek(ahead).is("for"))
    return false;
  for (int end = ahead + 6; ahead < end; ++ahead) {
    if (has_dose(ahead)) return true;
    const RegimenToken& token = peek(ahead);
    if (!token.is("to") && !token.is("total") && !token.is("cumulative") && !token.is("for") && !token.is("a") &&
        !token.is("the") && !token.is("dose") && !token.is("of"))
      return false;
  }
  return false;
}

int ItemReader::fractions_word(int ahead, int& per_day) const {
  int length = 0, said = 0;
  for (; length < 4 && is_fraction_adjective(peek(ahead + length)); ++length) {
    if (peek(ahead + length).is("bid") || peek(ahead + length).is("twice")) said = 2;
    if (peek(ahead + length).is("tid")) said = 3;
  }
  if (!is_fraction_word(peek(ahead + length))) return 0;
  if (said > 0) per_day = said;
  return length + 1;
}

bool ItemReader::any_dose() const {
  return std::any_of(items_.rbegin(), items_.rbegin() + std::min<std::ptrdiff_t>(std::ssize(items_), 6),
                     [](const auto& item) { return item.kind == Kind::kDose; });
}

/// "Between fractions", where it was said that a day has several.
bool ItemReader::hours_between() const {
  return peek(0).is("between") && is_fraction_word(peek(1)) &&
         std::any_of(items_.begin(), items_.end(),
                     [](const auto& item) { return item.kind == Kind::kPerDay && item.count > 1; });
}

/// Whether the phase that is being read has a dose already.
bool ItemReader::dose_in_phase() const {
  for (auto item = items_.rbegin(); item != items_.rend(); ++item) {
    if (item->kind == Kind::kDose) return true;
    if (item->kind == Kind::kThen || item->kind == Kind::kBoost || item->kind == Kind::kSimultaneous) return false;
  }
  return false;
}

/// Whether the dose `ahead` can only be one fraction's of the dose just read: "60 gy/2 gy". More than 3 Gy may be
/// another level, or a boost.
bool ItemReader::is_fraction_of_last(std::ptrdiff_t ahead) const {
  if (!last_is(Kind::kDose) || items_.back().label != Label::kPlain || !has_dose(ahead)) return false;
  const double dose = in_cgy(peek(ahead), *dose_unit(peek(ahead + 1))), times = items_.back().cgy / dose;
  return dose <= 300 && times >= 10 && std::abs(times - std::round(times)) < 1e-6;
}

void ItemReader::number() {
  const RegimenToken& token = tokens_[at_];
  const RegimenToken& before = peek(-1);
  if (!token.readable) return fail("a number that cannot be read");
  if (has_dose(0)) return dose(token, *dose_unit(peek(1)), 2);
  int per_day = 0;
  if (const int length = fractions_word(1, per_day); length > 0) return count(token, 1 + length, per_day);
  if (number_of_days()) return;
  if (is_other_unit(peek(1))) {
    if (peek(1).is("days") && a_week(2) > 0) days_a_week_ = static_cast<int>(token.value);
    if (is_week(peek(1)) && (before.is("for") || is_times(before))) weeks_ = token.value;
    return skip(2);
  }
  const bool times = is_times(peek(1)) || peek(1).is("times");
  const int said = times ? 2 : 1;  // "2 x a day", "2 per day"
  if (const int day = a_day(said); day == 2 || (day > 0 && times)) return day_count(token.value, said + day);
  if (const int week = a_week(said); week == 2 || (week > 0 && times)) {
    days_a_week_ = static_cast<int>(token.value);
    return skip(said + week);
  }
  if (times && has_dose(2)) {  // "4 x 7 gy"
    count(token, 2, 0);
    pending_ = Label::kPerFraction;
    return;
  }
  if (peek(1).is("-") || (peek(1).is("to") && peek(2).is_number())) return fail("a range");
  if (number_without_unit() || fraction_without_unit()) return;
  const bool counts = is_times(before) || before.is("in") || before.is("/");
  const bool joint = peek(1).is(",") || peek(1).is("and") || peek(1).is("&") || peek(1).is("+");
  if (before.is("/") && last_is(Kind::kDose) && peek(1).is("/") && has_dose(2) &&
      std::abs(token.value * in_cgy(peek(2), *dose_unit(peek(3))) - items_.back().cgy) < 1e-6) {  // "60 gy/30/2 gy"
    count(token, 2, 0);
    pending_ = Label::kPerFraction;
    return;
  }
  if (peek(2).is_number() && (peek(1).is("/") || (joint && !counts))) return list();
  if (is_times(before)) return count(token, 1, 0);
  if ((before.is("in") && any_dose()) || (before.is("/") && last_is(Kind::kDose))) {
    if (last_is(Kind::kDose)) items_.back().of_count = true;
    return count(token, 1, 0);
  }
  fail("a number without a unit");
}

/// "300 cgy daily for 10 days" is 10 fractions, if no week has days without one.
bool ItemReader::number_of_days() {
  if (!peek(1).is("days") || !last_is(Kind::kDose) || items_.back().label != Label::kPerDay) return false;
  if (!peek(-1).is("for") && !is_times(peek(-1))) return false;
  if (std::any_of(tokens_.begin(), tokens_.end(),
                  [](const auto& token) { return is_week(token) || token.is("weekly"); }))
    return false;
  count(tokens_[at_], 2, 0);
  return true;
}

/// "6000/30", "30 in 10", "200 x 30", where the numbers have one plausible reading alone.
bool ItemReader::number_without_unit() {
  const RegimenToken &first = tokens_[at_], &second = peek(2);
  if (dose_in_phase() || !second.is_number() || !second.readable || has_dose(2) || is_other_unit(peek(3))) return false;
  const bool divided = peek(1).is("/") || peek(1).is("in");
  if (!divided && !is_times(peek(1))) return false;
  const bool further = peek(3).is("/") || peek(3).is("-") || is_times(peek(3));
  if (further && !is_other_unit(peek(5))) return false;  // a date, a range
  const auto course = divided ? course_of_total(first.value, second.value) : course_of_times(first.value, second.value);
  if (!course) return false;
  if (!check(course->first_is_dose ? first : second, course->unit)) return true;
  no_unit_ = true;
  small_ |= course->unit > 1;
  push({.label = divided ? Label::kPlain : Label::kPerFraction,
        .cgy = in_cgy(course->first_is_dose ? first : second, course->unit),
        .of_count = true,
        .no_unit = true});
  const RegimenToken& fractions = course->first_is_dose ? second : first;
  int per_day = 0;
  const int words = fractions_word(3, per_day);
  push({.kind = Kind::kCount, .count = static_cast<int>(fractions.value)});
  if (per_day > 0) push({.kind = Kind::kPerDay, .count = per_day});
  skip(3 + words);
  return true;
}

/// "5040 cgy @ 180": a fraction of 180 Gy is none.
bool ItemReader::fraction_without_unit() {
  const bool at = peek(-1).is("@") || peek(-1).is("at");
  if (!at || (!last_is(Kind::kDose) && !last_is(Kind::kCount)) || !may_follow_fraction(peek(1))) return false;
  if (peek(1).is("/") && !is_fraction_word(peek(2)) && a_day(1) == 0) return false;
  const auto unit = unit_of_fraction(tokens_[at_].value);
  if (!unit) return false;
  pending_ = Label::kPerFraction;
  dose(tokens_[at_], *unit, 1);
  return true;
}

void ItemReader::count(const RegimenToken& token, int num_tokens, int per_day) {
  if (!token.readable || token.value != std::floor(token.value) || token.value < 1 || token.value > 999)
    return fail("fractions not a whole number");
  const int value = static_cast<int>(token.value);
  const RegimenToken& before = peek(-1);
  if (is_fraction_word(peek(num_tokens - 1)) && peek(num_tokens - 1).text != "#") {
    if (const int day = a_day(num_tokens); day == 2) return day_count(value, num_tokens + day);
    if (const int week = a_week(num_tokens); week > 0) {
      days_a_week_ = value;
      return skip(num_tokens + week);
    }
  }
  if (is_times(before) && !dose_of_times()) return;
  if ((before.is("in") || before.is("/")) && last_is(Kind::kDose)) items_.back().of_count = true;
  const Label label = pending_ == Label::kTotal ? Label::kTotal : Label::kPlain;
  const bool words = is_fraction_word(peek(num_tokens - 1));
  named_ |= words;
  push({.kind = Kind::kCount, .label = label, .count = value});
  if (per_day > 0) push({.kind = Kind::kPerDay, .count = per_day});
  skip(num_tokens);
  if (words && (peek(0).is("of") || peek(0).is("at") || peek(0).is("@") || peek(0).is("x") || peek(0).is("*"))) {
    if (!has_dose(1)) return;
    pending_ = Label::kPerFraction;
    skip(1);
  }
}

/// The dose before "x 28" is one fraction's, and so are those of all levels. False, and a reason, if there is none.
bool ItemReader::dose_of_times() {
  auto item = items_.rbegin();
  for (; item != items_.rend() && item - items_.rbegin() < 4; ++item) {
    if (item->kind == Kind::kPerDay || item->kind == Kind::kTarget || item->kind == Kind::kModality) continue;
    if (item->kind != Kind::kDose || item->label == Label::kTotal) break;
    auto first = item;
    while (first != items_.rend() && first->kind == Kind::kDose && first->label == Label::kPlain) ++first;
    const bool levels = first != items_.rend() && first->kind == Kind::kSimultaneous;
    if (item->label == Label::kPlain) item->label = Label::kPerFraction;
    if (levels) std::for_each(item, first, [](RegimenItem& level) { level.label = Label::kPerFraction; });
    return true;
  }
  fail("a number of times without a dose");
  return false;
}

void ItemReader::day_count(double value, int num_tokens) {
  if (value != std::floor(value) || value < 1 || value > 9) return fail("fractions a day not a small number");
  push({.kind = Kind::kPerDay, .count = static_cast<int>(value)});
  skip(num_tokens);
}

/// "63/56 gy" behind a simultaneous boost; "6/10 mv".
void ItemReader::list() {
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
  double unit = end < tokens_.size() ? dose_unit(tokens_[end]).value_or(0) : 0;
  const bool no_unit = unit == 0 && levels_ && end < tokens_.size() && is_times(tokens_[end]);  // "sib 2.1/1.8 x 33"
  if (no_unit) {
    unit = unit_of_fraction(tokens_[at_].value).value_or(0);
    for (std::size_t i = at_; i < end; i += 2)
      if (unit_of_fraction(tokens_[i].value).value_or(0) != unit) unit = 0;
    no_unit_ = true;
  }
  if (unit == 0) return fail("a number without a unit");
  if (!levels_) return fail("several doses, and which one is meant is not said");
  for (; at_ + 2 < end; at_ += 2) {
    if (!check(tokens_[at_], unit)) return;
    push({.kind = Kind::kDose, .cgy = in_cgy(tokens_[at_], unit), .no_unit = no_unit});
  }
  dose(tokens_[at_], unit, no_unit ? 1 : 2);
}

bool ItemReader::check(const RegimenToken& token, double unit) {
  constexpr double kLargest = 999'999;
  if ((token.grouped && unit > 1) || (token.three_decimals && unit == 1)) {
    fail("a point or comma that may part thousands or decimals");
  } else if (in_cgy(token, unit) > kLargest || token.value <= 0) {
    fail("dose beyond any regimen");
  }
  return reason_.empty();
}

void ItemReader::dose(const RegimenToken& token, double unit, int next) {
  if (!check(token, unit)) return;
  if (peek(next).is("(") && peek(next + 1).is("rbe") && peek(next + 2).is(")")) next += 3;
  if (peek(next).is("rbe")) ++next;
  if (pending_ == Label::kPlain && peek(next).is("to") && has_dose(next + 1)) return fail("a range");
  RegimenItem item{.label = pending_, .cgy = in_cgy(token, unit), .no_unit = !dose_unit(peek(1))};
  int per_day = 0;
  const RegimenToken& after = peek(next);
  const RegimenToken& second = peek(next + 1);
  if ((after.is("/") || after.is("per")) && (second.is("h") || second.is("hr") || second.is("hour")))
    return fail("a dose rate");
  if ((after.is("/") || after.is("per") || after.is("a") || after.is("each") || after.is("every")) &&
      is_fraction_word(peek(next + 1))) {
    item.label = Label::kPerFraction;
    next += 2;
  } else if (after.is("each")) {
    item.label = Label::kPerFraction;
    ++next;
  } else if (const int length = fractions_word(next, per_day);
             length > 0 && !peek(next).is("#") && !peek(next + length).is(":") && !peek(next + length).is("=")) {
    item.label = Label::kPerFraction;
    next += length;
  } else if (const int day = a_day(next); day > 0 && item.label == Label::kPlain) {
    item.label = Label::kPerDay;
    next += day;
  } else if (const int often = several_a_day(next); often > 0 && item.cgy <= 500 && leads_to_total(next + often)) {
    // "1.5 gy bid to 45 gy"
    item.label = Label::kPerFraction;
  } else if (after.is("total")) {
    item.label = Label::kTotal;
    next += peek(next + 1).is("dose") ? 2 : 1;
  } else if (after.is("in") && (peek(next + 1).is("total") || peek(next + 1).is("all"))) {
    item.label = Label::kTotal;
    next += 2;
  }
  if (peek(next).is("boost") && !simultaneous_ && dose_in_phase()) {  // "50 gy in 25 with a 10 gy boost in 5"
    push({.kind = Kind::kBoost});
    ++next;
  }
  push(std::move(item));
  if (per_day > 0) push({.kind = Kind::kPerDay, .count = per_day});
  skip(next);
}

/// "2 gy a day, 5 days a week, for 6 weeks" is 30 fractions.
void ItemReader::count_from_weeks() {
  const auto number_of = [&](Kind kind) {
    return std::count_if(items_.begin(), items_.end(), [kind](const auto& item) { return item.kind == kind; });
  };
  const double fractions = weeks_ * days_a_week_;
  if (fractions < 1 || fractions > 999 || fractions != std::floor(fractions)) return;
  if (number_of(Kind::kCount) > 0 || number_of(Kind::kDose) != 1 || number_of(Kind::kThen) > 0) return;
  if (number_of(Kind::kBoost) > 0 || number_of(Kind::kSimultaneous) > 0) return;
  for (const RegimenItem& item : items_) {
    if (item.kind == Kind::kPerDay && item.count != 1) return;
    if (item.kind == Kind::kDose && item.label != Label::kPerDay && item.label != Label::kPerFraction) return;
  }
  push({.kind = Kind::kCount, .count = static_cast<int>(fractions)});
}

std::string read_regimen_items(const std::vector<RegimenToken>& tokens, bool strict, std::vector<RegimenItem>& items) {
  return ItemReader(tokens, strict, items).read();
}

}  // namespace radonc::clinical
