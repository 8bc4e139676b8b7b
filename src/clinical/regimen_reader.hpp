// Reads the tokens of a prescription from left to right. Private.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "clinical/regimen_items.hpp"
#include "clinical/regimen_words.hpp"

namespace radonc::clinical {

/// Looks a few tokens to either side; whatever it cannot give a role ends the reading with a reason.
class ItemReader {
 public:
  ItemReader(const std::vector<RegimenToken>& tokens, bool strict, std::vector<RegimenItem>& items)
      : tokens_(tokens), strict_(strict), items_(items) {}

  std::string read();

 private:
  using Kind = RegimenItem::Kind;
  using Label = RegimenItem::Label;

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
  void fail(const char* reason) { reason_ = reason; }
  void skip(int num_tokens) { at_ += static_cast<std::size_t>(num_tokens); }
  void push(RegimenItem item);

  // Phrases from `ahead` on: how many tokens they have, 0 for none.
  [[nodiscard]] int a_day(int ahead) const;          ///< "daily", "per day", "/day", "a day"
  [[nodiscard]] int a_week(int ahead) const;         ///< "weekly", "per week"
  [[nodiscard]] int several_a_day(int ahead) const;  ///< "bid", "twice a day", "3 times daily"
  /// Adjectives and "fractions". `per_day` takes what they say.
  int fractions_word(int ahead, int& per_day) const;
  /// "to", "total", "to a total dose of": what stands before a total that the next dose is.
  [[nodiscard]] bool leads_to_total(int ahead) const;

  // Numbers.
  void number();
  bool number_of_days();
  bool number_without_unit();
  bool fraction_without_unit();
  void count(const RegimenToken& token, int num_tokens, int per_day);
  bool dose_of_times();
  void day_count(double value, int num_tokens);
  void list();
  bool check(const RegimenToken& token, double unit);
  void dose(const RegimenToken& token, double unit, int next);
  [[nodiscard]] bool any_dose() const;
  [[nodiscard]] bool dose_in_phase() const;
  [[nodiscard]] bool hours_between() const;
  [[nodiscard]] bool boost_behind_dose() const {  ///< "9 gy boost"
    return last_is(Kind::kBoost) && items_.size() > 1 && items_[items_.size() - 2].kind == Kind::kDose;
  }
  [[nodiscard]] bool is_fraction_of_last(std::ptrdiff_t ahead) const;
  void count_from_weeks();

  // Words and signs.
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
  bool unknown_word_ = false;  ///< a word that says nothing of a prescription was passed over
  bool named_ = false;         ///< a word that only a prescription has was read
  bool no_unit_ = false;       ///< doses were read that have no unit
  bool small_ = false;         ///< and their numbers are small enough to be anything
  int days_a_week_ = 0;        ///< "5 days a week"
  double weeks_ = 0;           ///< "for 6 weeks"
  std::string reason_;
};

}  // namespace radonc::clinical
