#include "clinical/regimen_phases.hpp"

#include <algorithm>
#include <cmath>

#include "clinical/regimen_words.hpp"

namespace radonc::clinical {
namespace {

using Kind = RegimenItem::Kind;
using Label = RegimenItem::Label;

/// What is said of one phase, or of the levels of one simultaneous boost.
struct Group {
  PhaseKind kind = PhaseKind::kSequential;
  bool levels = false;         ///< its unlabelled doses are the levels of a simultaneous boost
  bool plain_boost = false;    ///< begins with "boost" alone, not with "then"
  bool boost_named = false;    ///< "boost" is this group's
  bool late_modality = false;  ///< the modality stands behind the doses
  bool joined = false;         ///< "and" stands behind the doses
  std::vector<RegimenItem> plain, per_fraction, per_day, total;
  int count = 0, other_count = 0, fractions_per_day = 0;
  std::string site, target, point, modality;
  unsigned bits = 0;

  /// The doses of the levels, where they are alike and all that is said; else none.
  [[nodiscard]] const std::vector<RegimenItem>& level_doses() const {
    static const std::vector<RegimenItem> kNone;
    if (!levels || !total.empty() || !per_day.empty()) return kNone;
    if (per_fraction.empty()) return plain;
    return plain.empty() && per_fraction.size() > 1 ? per_fraction : kNone;
  }
  [[nodiscard]] bool has_unitless() const {
    const auto any = [](const auto& doses) {
      return std::any_of(doses.begin(), doses.end(), [](const auto& dose) { return dose.no_unit; });
    };
    return any(plain) || any(per_fraction);
  }
  [[nodiscard]] bool has_dose() const {
    return !plain.empty() || !per_fraction.empty() || !per_day.empty() || !total.empty();
  }
  [[nodiscard]] bool empty() const {
    return !has_dose() && !levels && !boost_named && count == 0 && site.empty() && target.empty() && point.empty() &&
           modality.empty() && bits == 0;
  }
};

bool same(double a, double b) {
  return std::abs(a - b) < 1e-6;
}

/// Equal up to the rounding of a dose per fraction to 0.01 cGy.
bool multiplies(double per_fraction, int count, double total) {
  return std::abs(per_fraction * count - total) <= 0.005 * count + 1e-6;
}

void add_once(std::vector<RegimenItem>& doses, const RegimenItem& dose) {
  if (std::none_of(doses.begin(), doses.end(), [&](const auto& other) { return same(other.cgy, dose.cgy); }))
    doses.push_back(dose);
}

/// Parts items into groups.
class Grouping {
 public:
  std::string add(const RegimenItem& item) {
    Group& group = groups_.back();
    switch (item.kind) {
      case Kind::kThen:
        if (!group.empty()) groups_.emplace_back();
        return {};
      case Kind::kBoost:
        // One boost is named once, before its dose or behind it.
        if (!group.has_dose() || (groups_.size() > 1 && !group.boost_named)) {
          group.boost_named = true;
          return {};
        }
        if (group.late_modality) return "of which phase the modality is";
        groups_.emplace_back();
        groups_.back().plain_boost = groups_.back().boost_named = true;
        return {};
      case Kind::kSimultaneous:
        if (group.has_dose()) groups_.emplace_back().kind = PhaseKind::kSimultaneous;
        groups_.back().levels = true;
        return {};
      case Kind::kAnd:
        group.joined = group.has_dose();
        return {};
      case Kind::kDose:
        return add_dose(group, item);
      case Kind::kCount:
        group.joined = false;
        if (group.count == 0 && item.label != Label::kTotal) {
          group.count = item.count;
        } else if (item.count != group.count) {
          if (group.other_count != 0 && group.other_count != item.count) return "more than one number of fractions";
          group.other_count = item.count;
        }
        return {};
      case Kind::kPerDay:
        if (group.fractions_per_day != 0 && group.fractions_per_day != item.count) return "fractions a day contradict";
        group.fractions_per_day = item.count;
        return {};
      case Kind::kSite:
        group.site = item.text;
        return {};
      case Kind::kTarget:
        if (!group.target.empty() && group.target != item.text) return "two targets in one phase";
        group.target = item.text;
        return {};
      case Kind::kPoint:
        if (!group.point.empty() && group.point != item.text) return "two points in one phase";
        group.point = item.text;
        return {};
      case Kind::kModality:
        group.bits |= item.bits;
        if (!item.text.empty()) group.modality = item.text;
        group.late_modality |= group.has_dose();
        return {};
    }
    return {};
  }

  std::vector<Group>& groups() { return groups_; }

 private:
  static std::string add_dose(Group& group, const RegimenItem& item) {
    if (group.joined && !group.levels) return "two doses joined by and: in turn, or at the same time";
    group.joined = false;
    switch (item.label) {
      case Label::kPlain:
        add_once(group.plain, item);
        break;
      case Label::kPerFraction:
        add_once(group.per_fraction, item);
        break;
      case Label::kPerDay:
        add_once(group.per_day, item);
        break;
      case Label::kTotal:
        add_once(group.total, item);
        break;
    }
    return {};
  }

  std::vector<Group> groups_{1};
};

/// One phase's numbers; 0 where not known.
struct Numbers {
  double per_fraction = 0, total = 0;
  int count = 0;
};

/// Makes phases of groups. Members are what the caller of run() wants to know.
class Solver {
 public:
  Solver(std::vector<Group>& groups, bool structured) : groups_(groups), structured_(structured) {}

  RegimenReading run() {
    if (groups_.size() > 1 && groups_.back().empty()) groups_.pop_back();
    for (Group& group : groups_) {
      if (group.bits != 0) {
        const auto name = modality_of(group.bits);
        if (!name) return {{std::nullopt, "names more than one modality"}};
        if (group.modality.empty()) group.modality = *name;
      }
      if (!group.per_day.empty() && group.fractions_per_day > 1)
        return {{std::nullopt, "a dose per day in several fractions a day"}};
      for (const auto& dose : group.per_day) add_once(group.per_fraction, dose);
    }
    if (!structured_ && groups_.size() > 1 && groups_[0].modality.empty() && groups_.back().late_modality)
      return {{std::nullopt, "of which phase the modality is"}};
    if (!share_counts()) return {{std::nullopt, reason_}};
    for (std::size_t i = 0; i < groups_.size(); ++i)
      if (!solve(i)) return {{std::nullopt, reason_}};
    if (!check_sums()) return {{std::nullopt, reason_}};
    return finish();
  }

 private:
  bool fail(const char* reason) {
    reason_ = reason;
    return false;
  }

  /// Takes over what is stated once. False if `other` contradicts.
  static bool agree(int& value, int other) {
    if (value != 0 && other != 0 && value != other) return false;
    value = std::max(value, other);
    return true;
  }

  /// A simultaneous boost and its base have the same fractions, stated with either.
  bool share_counts() {
    for (std::size_t base = 0; base < groups_.size();) {
      int count = 0, per_day = 0;
      std::size_t end = base;
      do {
        if (!agree(count, groups_[end].count) || !agree(per_day, groups_[end].fractions_per_day))
          return fail("a simultaneous boost in other fractions");
        ++end;
      } while (end < groups_.size() && groups_[end].kind == PhaseKind::kSimultaneous);
      for (; base < end; ++base) {
        groups_[base].count = count;
        groups_[base].fractions_per_day = per_day;
      }
    }
    return true;
  }

  bool solve(std::size_t index) {
    const Group& group = groups_[index];
    if (!group.has_dose()) return fail("a phase without a dose");
    const auto& levels = group.level_doses();
    if (group.levels && group.kind != PhaseKind::kSimultaneous && std::max(levels.size(), group.plain.size()) < 2)
      return fail("a simultaneous boost without a second level");
    if (!levels.empty()) {
      if (group.count == 0) return fail("fractions missing");
      bool first = true;
      for (const RegimenItem& dose : levels) {
        const Numbers numbers = dose.label == Label::kPlain ? Numbers{.total = dose.cgy, .count = group.count}
                                                            : Numbers{.per_fraction = dose.cgy, .count = group.count};
        if (!push(index, numbers, false)) return false;
        if (!first || group.kind == PhaseKind::kSimultaneous) regimen_.phases.back().kind = PhaseKind::kSimultaneous;
        first = false;
      }
      return true;
    }
    Numbers numbers{.count = group.count};
    if (group.per_fraction.size() > 1) return fail("two doses per fraction in one phase");
    if (!group.per_fraction.empty()) numbers.per_fraction = group.per_fraction[0].cgy;
    const bool only_total = group.plain.empty() && group.per_fraction.empty() && index + 1 < groups_.size();
    if (own_totals(group) || only_total) {
      if (group.total.size() > 1) return fail("two totals in one phase");
      if (!group.total.empty()) numbers.total = group.total[0].cgy;
    }
    bool labelled = numbers.per_fraction > 0 && numbers.total > 0 && numbers.count > 0;
    if (!plain_doses(group, numbers, labelled)) return false;
    if (!push(index, numbers, labelled)) return false;
    return weigh_boost(index);
  }

  /// Whether a group's total can only be its own: there is one group, or all state theirs in fields of their own.
  [[nodiscard]] bool own_totals(const Group& group) const {
    if (group.kind == PhaseKind::kSimultaneous || groups_.size() == 1) return true;
    if (std::none_of(groups_.begin() + 1, groups_.end(),
                     [](const Group& other) { return other.kind == PhaseKind::kSequential; }))
      return true;
    return structured_ && std::all_of(groups_.begin(), groups_.end(),
                                      [](const Group& other) { return !other.total.empty() && other.plain.empty(); });
  }

  /// The roles of doses that nothing is said of.
  bool plain_doses(const Group& group, Numbers& numbers, bool& labelled) {
    const auto& plain = group.plain;
    if (plain.empty()) return true;
    const double dose = plain[0].cgy;
    if (plain.size() == 2 && numbers.per_fraction == 0 && numbers.total == 0 && numbers.count > 0) {
      const double low = std::min(dose, plain[1].cgy), high = std::max(dose, plain[1].cgy);
      if (!multiplies(low, numbers.count, high)) return fail("two doses that do not fit together");
      numbers.per_fraction = low;
      numbers.total = high;
      return true;
    }
    if (plain.size() > 1) return fail("more doses than a phase has");
    if (numbers.total > 0) {
      if (same(dose, numbers.total) || same(dose, numbers.per_fraction)) return true;
      if (numbers.per_fraction > 0 || numbers.count == 0 || !multiplies(dose, numbers.count, numbers.total))
        return fail("two doses that do not fit together");
      numbers.per_fraction = dose;
      return true;
    }
    if (numbers.per_fraction > 0 && numbers.count > 0 && !multiplies(numbers.per_fraction, numbers.count, dose)) {
      if (!plain[0].of_count) return fail("two doses that do not fit together");
      labelled = true;
    }
    numbers.total = dose;
    return true;
  }

  /// Adds the phase of these numbers, of which one may follow from the other two. `labelled`: the text says what each
  /// is.
  bool push(std::size_t index, Numbers numbers, bool labelled) {
    const auto hundredths = [](double value) { return std::round(value * 100) / 100; };
    auto& [per_fraction, total, count] = numbers;
    per_fraction = hundredths(per_fraction);
    total = hundredths(total);
    if ((per_fraction > 0) + (total > 0) + (count > 0) < 2) return fail("fractions missing");
    derived_ |= per_fraction == 0 || total == 0 || count == 0;
    if (count == 0) {
      const double exact = std::round(total / per_fraction);
      if (exact < 1 || exact > 999 || !multiplies(per_fraction, static_cast<int>(exact), total))
        return fail("no whole number of fractions");
      count = static_cast<int>(exact);
    }
    if (total == 0) total = hundredths(per_fraction * count);
    if (per_fraction == 0) per_fraction = hundredths(total / count);
    if (!labelled && (per_fraction < 25 || per_fraction > 10'000 || total > 15'000)) return fail("dose not plausible");
    const Group& group = groups_[index];
    const bool fits = multiplies(per_fraction, count, total);
    if (!fits && group.has_unitless()) return fail("a number without a unit");
    inconsistent_ |= !fits;
    if (!group.point.empty() && (group.kind == PhaseKind::kSimultaneous || !group.target.empty()))
      return fail("a point beside a target");
    Phase phase{.kind = group.point.empty() ? group.kind : PhaseKind::kPoint,
                .target = group.point.empty() ? group.target : group.point,
                .modality = group.modality,
                .dose_per_fraction_cgy = per_fraction,
                .num_fractions = count,
                .total_dose_cgy = total,
                .fractions_per_day = std::max(group.fractions_per_day, 1)};
    regimen_.phases.push_back(std::move(phase));
    return true;
  }

  /// "50 Gy in 25 with a boost of 60 Gy in 25", or in 30, may mean one or the other.
  bool weigh_boost(std::size_t index) {
    const auto& phases = regimen_.phases;
    if (!groups_[index].plain_boost || phases.size() < 2) return true;
    const Phase &boost = phases.back(), &before = phases[phases.size() - 2];
    if (boost.num_fractions == before.num_fractions) return fail("a boost in turn, or in the same fractions");
    if (boost.num_fractions > before.num_fractions && boost.total_dose_cgy > before.total_dose_cgy)
      return fail("a boost to a dose that may count the phase before");
    return true;
  }

  /// A total behind several phases is that of its phase or of all of them.
  bool check_sums() {
    double sum = 0;
    int count = 0;
    for (const Phase& phase : regimen_.phases) {
      if (phase.kind == PhaseKind::kSimultaneous) continue;
      sum += phase.total_dose_cgy;
      count += phase.num_fractions;
    }
    std::size_t at = 0;
    for (const Group& group : groups_) {
      const Phase& phase = regimen_.phases[at];
      at += std::max<std::size_t>(group.level_doses().size(), 1);
      if (!own_totals(group))
        for (const RegimenItem& total : group.total)
          if (std::abs(total.cgy - phase.total_dose_cgy) > 0.05 && std::abs(total.cgy - sum) > 0.05)
            return fail("a total that is neither the phase's nor that of all phases");
      if (group.other_count != 0 && group.other_count != phase.num_fractions && group.other_count != count)
        return fail("more than one number of fractions");
    }
    return true;
  }

  /// Where the sentence has no fields for them, the first phase's site and modality are the regimen's.
  RegimenReading finish() {
    if (!structured_) {
      Phase& first = regimen_.phases[0];
      regimen_.site = groups_[0].site;
      regimen_.modality = first.modality;
      for (Phase& phase : regimen_.phases)
        if (phase.modality == regimen_.modality) phase.modality.clear();
      if (regimen_.site.empty() && first.kind != PhaseKind::kPoint) std::swap(regimen_.site, first.target);
    }
    RegimenReading read{{std::move(regimen_), ""}};
    read.inconsistent = inconsistent_;
    read.derived = derived_;
    return read;
  }

  std::vector<Group>& groups_;
  bool structured_;
  Regimen regimen_;
  bool inconsistent_ = false, derived_ = false;
  std::string reason_;
};

}  // namespace

RegimenReading regimen_phases(const std::vector<RegimenItem>& items, bool structured) {
  if (std::none_of(items.begin(), items.end(), [](const auto& item) { return item.kind == Kind::kDose; }))
    return {{std::nullopt, "no dose with a unit"}};
  Grouping grouping;
  for (const RegimenItem& item : items)
    if (std::string reason = grouping.add(item); !reason.empty()) return {{std::nullopt, std::move(reason)}};
  return Solver(grouping.groups(), structured).run();
}

}  // namespace radonc::clinical
