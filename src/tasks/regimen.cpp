#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "radonc/clinical/dose.hpp"
#include "radonc/clinical/regimen.hpp"
#include "radonc/clinical/regimen_grammar.hpp"
#include "radonc/data/course.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "tasks/text.hpp"

namespace radonc::tasks {
namespace {

using clinical::Phase;
using clinical::Regimen;

constexpr double kAlphaBetaGy = 10;

core::Reading<data::Prescription> recorded_prescription(const data::CaseRecord& record) {
  if (record.courses.size() != 1) return {std::nullopt, "not one course"};
  auto read = data::prescription(record.courses[0]);
  if (read && record.primary_site.empty()) return {std::nullopt, "site missing"};
  return read;
}

std::string site_of(const std::string& primary_site, const std::string& target) {
  return fmt::format("{}, {}", primary_site, target);
}

Regimen regimen_of(const data::CaseRecord& record, const data::Prescription& read) {
  return {.site = site_of(record.primary_site, read.target),
          .modality = to_string(read.modality),
          .phases = {{.dose_per_fraction_cgy = read.dose_per_fraction_cgy,
                      .num_fractions = read.num_fractions,
                      .total_dose_cgy = read.total_dose_cgy}}};
}

bool same_fractions(const Phase& a, const Phase& b) {
  return a.dose_per_fraction_cgy == b.dose_per_fraction_cgy && a.num_fractions == b.num_fractions;
}

bool same_prescription(const Phase& a, const Phase& b) {
  return same_fractions(a, b) && a.kind == b.kind && a.total_dose_cgy == b.total_dose_cgy &&
         a.fractions_per_day == b.fractions_per_day;
}

bool same_fractionation(const Phase& a, const Phase& b) {
  return clinical::fractionation(a) == clinical::fractionation(b);
}

class RegimenTask : public Task {
 public:
  explicit RegimenTask(const std::vector<data::CaseRecord>& cohort) {
    for (const data::CaseRecord& record : cohort) {
      const auto read = recorded_prescription(record);
      if (!read) continue;
      primary_sites_.insert(record.primary_site);
      targets_.insert((*read).target);
      modalities_.insert(to_string((*read).modality));
    }
  }

  std::string name() const override { return "regimen"; }

  std::string title() const override { return "Regimen"; }

  bool has_classes() const override { return false; }

  Reference reference(const data::CaseRecord& record) const override {
    const auto read = recorded_prescription(record);
    if (!read) return {{std::nullopt, read.reason}};
    return {{to_text(regimen_of(record, *read)), ""}, (*read).unit_corrected ? "dose unit corrected" : ""};
  }

  std::string question() const override {
    return "Write this patient's radiotherapy prescription as one line, like this line for another patient:\n"
           "Larynx, regional site; external beam; 250 cGy x 12 fractions; total 3000 cGy";
  }

  std::shared_ptr<const core::Grammar> grammar() const override {
    if (modalities_.empty()) return nullptr;
    clinical::RegimenGrammarConfig config{.modalities = {modalities_.begin(), modalities_.end()}};
    for (const std::string& primary_site : primary_sites_)
      for (const std::string& target : targets_) config.sites.push_back(site_of(primary_site, target));
    return std::make_shared<clinical::RegimenGrammar>(config);
  }

  /// A prescription without a site or a modality is no answer to the question.
  Parsed parse_text(const std::string& text) const override {
    std::string reason;
    for (const std::string& line : lines(text, text.size())) {  // half a regimen would be another one
      const auto read = clinical::parse_regimen(line);
      const bool complete = read.value && !read.value->site.empty() && !read.value->modality.empty();
      if (complete) return {to_text(*read.value), ""};
      if (reason.empty() && !read.value) reason = read.reason;
      if (read.value) reason = read.value->site.empty() ? "site missing" : "modality missing";
    }
    return {std::nullopt, reason.empty() ? "no answer" : reason};
  }

  std::vector<std::pair<std::string, double>> partial_credits(const std::optional<std::string>& prediction,
                                                              const std::string& reference) const override {
    const Regimen expected = clinical::parse_regimen(reference).value.value_or(Regimen{});
    const Regimen got = prediction ? clinical::parse_regimen(*prediction).value.value_or(Regimen{}) : Regimen{};
    const auto all = [&](const auto& same) {
      return !got.phases.empty() &&
             std::equal(got.phases.begin(), got.phases.end(), expected.phases.begin(), expected.phases.end(), same);
    };
    const std::size_t both = std::min(got.phases.size(), expected.phases.size());
    double num_same = 0;
    for (std::size_t i = 0; i < both; ++i) num_same += same_prescription(got.phases[i], expected.phases[i]);
    const auto num_phases = static_cast<double>(std::max({got.phases.size(), expected.phases.size(), std::size_t{1}}));
    return {{"target", got.site == expected.site},
            {"modality", got.modality == expected.modality},
            {"fractionation", all(same_fractions)},
            {"total_dose", !got.phases.empty() && clinical::total_dose_cgy(got) == clinical::total_dose_cgy(expected)},
            {"prescription", num_same / num_phases},
            {"fractionation_class", all(same_fractionation)}};
  }

  std::vector<Quantity> quantities(const std::string& prediction, const std::string& reference) const override {
    const auto got = clinical::parse_regimen(prediction).value, expected = clinical::parse_regimen(reference).value;
    if (!got || !expected) return {};
    const auto in_gray = [&](const char* name, const auto& of) {
      return Quantity{name, "Gy", of(*got), of(*expected)};
    };
    return {in_gray("total dose", [](const Regimen& r) { return clinical::total_dose_cgy(r) / 100; }),
            in_gray("BED", [](const Regimen& r) { return clinical::bed_gy(r, kAlphaBetaGy); }),
            in_gray("EQD2", [](const Regimen& r) { return clinical::eqd2_gy(r, kAlphaBetaGy); })};
  }

  std::string comparison() const override {
    return fmt::format(
        "An answer is right if target, modality and every dose and number of fractions are those of the reference. "
        "Prescription: the share of the phases whose doses and fractions all match. BED and EQD2 with an α/β of {:g} "
        "Gy; only answers that are a complete prescription have a dose.",
        kAlphaBetaGy);
  }

 private:
  std::set<std::string> primary_sites_, targets_, modalities_;  // of the cohort
};

}  // namespace

std::shared_ptr<const Task> regimen_task(const std::vector<data::CaseRecord>& cohort) {
  return std::make_shared<RegimenTask>(cohort);
}

}  // namespace radonc::tasks
