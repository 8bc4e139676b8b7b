#include "radonc/clinical/regimen_grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "clinical/regimen_sentence.hpp"
#include "radonc/clinical/plausible.hpp"
#include "radonc/clinical/regimen.hpp"
#include "radonc/core/error.hpp"

namespace radonc::clinical {
namespace {

using State = core::Grammar::State;

/// What a text is in the midst of.
enum Part : std::int32_t { kSite, kModality, kFirstOpener, kOpener, kDose, kBehindDose, kCount, kPerDayText, kTotal };

/// Fields of a state. Those that no continuation depends on any more are 0.
enum Field : std::size_t {
  kPart,
  kIndex,       // in a list: the first string that begins like what was read; in a number: its value so far
  kLength,      // how many of the list's string, or of the number's digits, were read
  kOfModality,  // the regimen's modality
  kHalves,      // the phase's dose per fraction, in 0.5 cGy
  kFractions,
  kPerDay,
  kPhase,
};

constexpr std::int32_t kLeastHalves = static_cast<std::int32_t>(kLeastFractionCgy / kFractionStepCgy);
constexpr std::int32_t kMostHalves = static_cast<std::int32_t>(kMostFractionCgy / kFractionStepCgy);
constexpr std::int32_t kMostTotalHalves = static_cast<std::int32_t>(kMostTotalCgy / kFractionStepCgy);

/// Sorted, once each, so that the strings that begin alike lie side by side.
std::vector<std::string> sorted(std::vector<std::string> strings) {
  std::sort(strings.begin(), strings.end());
  strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
  return strings;
}

/// One byte further in a sorted list. False if none of its strings goes on like that.
bool advance(const std::vector<std::string>& list, State& state, char byte) {
  const auto length = static_cast<std::size_t>(state[kLength]);
  const auto begin = list.begin() + state[kIndex];
  const std::string_view read = std::string_view(*begin).substr(0, length);
  const auto wanted = static_cast<unsigned char>(byte);
  const auto found = std::partition_point(begin, list.end(), [&](const std::string& string) {
    return string.starts_with(read) && (string.size() == length || static_cast<unsigned char>(string[length]) < wanted);
  });
  if (found == list.end() || !found->starts_with(read) || (*found)[length] != byte) return false;
  state[kIndex] = static_cast<std::int32_t>(found - list.begin());
  ++state[kLength];
  return true;
}

/// The string of the list that was read to its end, or none. Shorter ones come first.
const std::string* finished(const std::vector<std::string>& list, const State& state) {
  const std::string& string = list[static_cast<std::size_t>(state[kIndex])];
  return string.size() == static_cast<std::size_t>(state[kLength]) ? &string : nullptr;
}

void enter(State& state, Part part) {
  state[kPart] = part;
  state[kIndex] = state[kLength] = 0;
}

/// Whether a whole number from `least` to `most` begins with the digits of `value`.
bool begins_number(std::int32_t value, std::int32_t least, std::int32_t most) {
  for (std::int64_t low = value, high = value; low <= most; low *= 10, high = high * 10 + 9)
    if (high >= least) return true;
  return false;
}

/// One digit further in a number. False if no number from `least` to `most` begins like that.
bool advance_number(State& state, char byte, std::int32_t least, std::int32_t most) {
  if (byte < '0' || byte > '9') return false;
  const std::int32_t value = state[kIndex] * 10 + (byte - '0');
  if (value == 0 || !begins_number(value, least, most)) return false;
  state[kIndex] = value;
  ++state[kLength];
  return true;
}

/// What ends a phase, behind "total ".
std::string total_text(const State& state) {
  const std::int32_t halves = state[kHalves] * state[kFractions];
  return std::to_string(halves / 2) + (halves % 2 == 0 ? " cGy" : ".5 cGy");
}

/// What stands behind the whole cGy of a fraction, up to the number of fractions.
const std::vector<std::string>& behind_dose(const State& state) {
  static const std::vector<std::string> kWhole = {"cGy x "}, kHalf = {"5 cGy x "};
  return state[kHalves] % 2 == 0 ? kWhole : kHalf;
}

/// Digits of the dose, or what ends its whole cGy. A simultaneous boost has its number of fractions already.
std::optional<State> next_of_dose(State state, char byte) {
  const std::int32_t fractions = std::max(state[kFractions], 1);
  const std::int32_t most = std::min(kMostHalves, kMostTotalHalves / fractions);
  if (advance_number(state, byte, kLeastHalves / 2, most / 2)) return state;
  const std::int32_t halves = state[kIndex] * 2 + (byte == '.' ? 1 : 0);
  if ((byte != ' ' && byte != '.') || halves < kLeastHalves || halves > most) return std::nullopt;
  state[kHalves] = halves;
  enter(state, kBehindDose);
  return state;
}

std::optional<State> next_of_count(State state, char byte) {
  const bool known = state[kFractions] != 0;
  const std::int32_t least = known ? state[kFractions] : 1;
  const std::int32_t most =
      known ? state[kFractions] : std::min<std::int32_t>(kMostFractions, kMostTotalHalves / state[kHalves]);
  if (advance_number(state, byte, least, most)) return state;
  if (byte != ' ' || state[kIndex] < least || state[kIndex] > most) return std::nullopt;
  state[kFractions] = state[kIndex];
  enter(state, kPerDayText);
  return state;
}

/// A field as to_text() writes it, from behind `before` to the semicolon.
std::string field(const Regimen& regimen, std::string_view before, const char* list, std::size_t place) {
  const std::string text = to_text(regimen);
  const auto read = parse_regimen(text).value;
  const auto found = text.find(before);
  if (!read || to_text(*read) != text || found == text.npos) {
    throw Error(
        fmt::format("RegimenGrammarConfig: {}[{}] cannot stand in the canonical sentence: it is empty, holds a dose, "
                    "or reads as something else. Take it out of the list.",
                    list, place));
  }
  const std::size_t begin = found + before.size();
  return text.substr(begin, text.find(';', begin) - begin);
}

std::size_t longest_of(const std::vector<std::string>& list) {
  return std::max_element(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); })
      ->size();
}

}  // namespace

/// The pieces of the sentence, each list sorted.
struct RegimenGrammar::Lists {
  explicit Lists(const RegimenGrammarConfig& config);

  int max_phases, max_fractions_per_day;
  std::vector<std::string> sites;                 // "Brain; "
  std::vector<std::string> modalities;            // "external beam; "
  std::vector<std::string> first_openers;         // "at point a; " and the empty one
  std::vector<std::vector<std::string>> openers;  // by the regimen's modality: "; then to tumor bed; by electron; "
  std::vector<std::string> per_day;               // "fractions twice a day; total "
  std::vector<std::vector<std::string>> per_day_each;  // the one of 1, 2 … a day
  std::int64_t longest = 0;
};

RegimenGrammar::Lists::Lists(const RegimenGrammarConfig& config)
    : max_phases(config.max_phases), max_fractions_per_day(config.max_fractions_per_day) {
  if (config.sites.empty() || config.modalities.empty()) {
    throw Error(fmt::format("RegimenGrammarConfig: expected at least one of sites and of modalities, got {} and {}.",
                            config.sites.size(), config.modalities.size()));
  }
  if (max_phases < 1 || max_fractions_per_day < 1 || max_fractions_per_day > 9) {
    throw Error(
        fmt::format("RegimenGrammarConfig: expected max_phases of at least 1 and max_fractions_per_day of 1 to "
                    "9, got {} and {}.",
                    max_phases, max_fractions_per_day));
  }
  const Phase phase{.dose_per_fraction_cgy = 200, .num_fractions = 30, .total_dose_cgy = 6000};
  const auto fields = [&](const std::vector<std::string>& texts, std::string_view before, const char* list,
                          const auto& regimen_of) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < texts.size(); ++i) found.push_back(field(regimen_of(texts[i]), before, list, i));
    return sorted(std::move(found));
  };
  const auto with_second = [&](Phase second) { return Regimen{.site = "brain", .phases = {phase, std::move(second)}}; };
  sites = fields(config.sites, "", "sites", [&](const auto& text) { return Regimen{.site = text, .phases = {phase}}; });
  modalities = fields(config.modalities, "Brain; ", "modalities", [&](const auto& text) {
    return Regimen{.site = "brain", .modality = modality_name(text), .phases = {phase}};
  });
  const auto targets = fields(config.targets, "; then to ", "targets", [&](const auto& text) {
    Phase second = phase;
    second.target = text;
    return with_second(second);
  });
  const auto points = fields(config.points, "; then at ", "points", [&](const auto& text) {
    Phase second = phase;
    second.target = text;
    second.kind = PhaseKind::kPoint;
    return with_second(second);
  });

  for (auto* list : {&sites, &modalities}) {
    for (std::string& text : *list) text += "; ";
    *list = sorted(std::move(*list));
  }

  first_openers = {""};
  for (const std::string& point : points) first_openers.push_back("at " + point + "; ");
  std::vector<std::string> places = {"; then ", "; with simultaneous "};
  for (const std::string& target : targets)
    for (const char* kind : {"; then to ", "; with simultaneous to "}) places.push_back(kind + target + "; ");
  for (const std::string& point : points) places.push_back("; then at " + point + "; ");
  for (const std::string& modality : modalities) {
    std::vector<std::string> all = places;
    for (const std::string& place : places)
      for (const std::string& own : modalities)
        if (own != modality && own != "modality not stated; ") all.push_back(place + "by " + own);
    openers.push_back(sorted(std::move(all)));
  }
  first_openers = sorted(std::move(first_openers));

  for (int count = 1; count <= max_fractions_per_day; ++count) {
    per_day.push_back(fmt::format("fractions{}; total ", a_day(count)));
    per_day_each.push_back({per_day.back()});
  }
  per_day = sorted(std::move(per_day));

  std::size_t longest_opener = 0;
  for (const auto& list : openers) longest_opener = std::max(longest_opener, longest_of(list));
  const auto longest_phase = std::string_view("3399.5 cGy x 100 fractions 9 times a day; total 14999.5 cGy").size();
  longest = static_cast<std::int64_t>(longest_of(sites) + longest_of(modalities) + longest_of(first_openers) +
                                      longest_phase) +
            (max_phases - 1) * static_cast<std::int64_t>(longest_opener + longest_phase);
}

RegimenGrammar::RegimenGrammar(const RegimenGrammarConfig& config) : lists_(std::make_shared<const Lists>(config)) {}

std::int64_t RegimenGrammar::longest() const {
  return lists_->longest;
}

RegimenGrammar::State RegimenGrammar::start() const {
  return {kSite};
}

std::optional<RegimenGrammar::State> RegimenGrammar::next(const State& before, char byte) const {
  const Lists& lists = *lists_;
  State state = before;
  switch (state[kPart]) {
    case kSite:
      if (advance(lists.sites, state, byte)) return state;
      if (finished(lists.sites, state) == nullptr) return std::nullopt;
      enter(state, kModality);
      [[fallthrough]];
    case kModality:
      if (advance(lists.modalities, state, byte)) return state;
      if (finished(lists.modalities, state) == nullptr) return std::nullopt;
      if (lists.max_phases > 1) state[kOfModality] = state[kIndex];
      enter(state, kFirstOpener);
      [[fallthrough]];
    case kFirstOpener:
      if (advance(lists.first_openers, state, byte)) return state;
      if (finished(lists.first_openers, state) == nullptr) return std::nullopt;
      enter(state, kDose);
      return next_of_dose(state, byte);
    case kOpener: {
      const auto& openers = lists.openers[static_cast<std::size_t>(state[kOfModality])];
      if (advance(openers, state, byte)) return state;
      const std::string* opener = finished(openers, state);
      if (opener == nullptr) return std::nullopt;
      if (!opener->starts_with("; with simultaneous ")) state[kFractions] = state[kPerDay] = 0;
      enter(state, kDose);
      return next_of_dose(state, byte);
    }
    case kDose:
      return next_of_dose(state, byte);
    case kBehindDose:
      if (advance(behind_dose(state), state, byte)) return state;
      if (finished(behind_dose(state), state) == nullptr) return std::nullopt;
      enter(state, kCount);
      return next_of_count(state, byte);
    case kCount:
      return next_of_count(state, byte);
    case kPerDayText: {
      const auto& texts =
          state[kPerDay] == 0 ? lists.per_day : lists.per_day_each[static_cast<std::size_t>(state[kPerDay] - 1)];
      if (advance(texts, state, byte)) return state;
      const std::string* text = finished(texts, state);
      if (text == nullptr) return std::nullopt;
      for (std::size_t i = 0; i < lists.per_day_each.size() && lists.max_phases > 1; ++i)
        if (*text == lists.per_day_each[i][0]) state[kPerDay] = static_cast<std::int32_t>(i + 1);
      enter(state, kTotal);
      break;
    }
    case kTotal:
      break;
  }
  const std::string total = total_text(state);
  const auto length = static_cast<std::size_t>(state[kLength]);
  if (length < total.size()) {
    if (total[length] != byte) return std::nullopt;
    ++state[kLength];
    return state;
  }
  if (state[kPhase] + 1 >= lists.max_phases) return std::nullopt;
  state[kHalves] = 0;
  ++state[kPhase];
  enter(state, kOpener);
  if (!advance(lists.openers[static_cast<std::size_t>(state[kOfModality])], state, byte)) return std::nullopt;
  return state;
}

bool RegimenGrammar::may_end(const State& state) const {
  return state[kPart] == kTotal && total_text(state).size() == static_cast<std::size_t>(state[kLength]);
}

}  // namespace radonc::clinical
