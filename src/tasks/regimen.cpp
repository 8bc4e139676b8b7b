#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <regex>

#include "radonc/tasks/study_tasks.hpp"
#include "tasks/text.hpp"

namespace radonc::tasks {
namespace {

std::optional<Regimen> recorded_regimen(const data::CaseRecord& record) {
  if (record.courses.size() != 1 || record.primary_site.empty()) return std::nullopt;
  const auto read = data::prescription(record.courses[0]);
  if (!read.value) return std::nullopt;
  return Regimen{.site = fmt::format("{}, {}", without_semicolons(record.primary_site), read.value->target),
                 .modality = to_string(read.value->modality),
                 .dose_per_fraction_cgy = read.value->dose_per_fraction_cgy,
                 .num_fractions = read.value->num_fractions,
                 .total_dose_cgy = read.value->total_dose_cgy};
}

class RegimenTask : public Task {
 public:
  std::string name() const override { return "regimen"; }

  std::optional<std::string> reference(const data::CaseRecord& record) const override {
    const auto regimen = recorded_regimen(record);
    return regimen ? std::optional(to_text(*regimen)) : std::nullopt;
  }

  std::string question() const override {
    return "Write this patient's radiotherapy prescription as one line, like this line for another patient:\n"
           "Larynx, regional site; external beam; 250 cGy x 12 fractions; total 3000 cGy";
  }

  Parsed parse_text(const std::string& text) const override {
    std::string reason;
    for (const std::string& line : lines(text)) {
      const auto read = parse_regimen(line);
      if (read.value) return {to_text(*read.value), ""};
      if (reason.empty()) reason = read.reason;
    }
    return {std::nullopt, reason.empty() ? "no answer" : reason};
  }

  std::vector<std::pair<std::string, double>> partial_credits(const std::optional<std::string>& prediction,
                                                              const std::string& reference) const override {
    const Regimen expected = parse_regimen(reference).value.value_or(Regimen{});
    const Regimen got = prediction ? parse_regimen(*prediction).value.value_or(Regimen{}) : Regimen{};
    return {{"target", got.site == expected.site},
            {"modality", got.modality == expected.modality},
            {"fractionation", got.dose_per_fraction_cgy == expected.dose_per_fraction_cgy &&
                                  got.num_fractions == expected.num_fractions},
            {"total_dose", got.total_dose_cgy == expected.total_dose_cgy}};
  }
};

/// "200" or "266.5": no more digits than the dose has.
std::string number(double value) {
  return fmt::format("{:.10g}", std::round(value * 100) / 100);
}

}  // namespace

std::string to_text(const Regimen& r) {
  return capitalized(fmt::format("{}; {}; {} cGy x {} fractions; total {} cGy", r.site, r.modality,
                                 number(r.dose_per_fraction_cgy), r.num_fractions, number(r.total_dose_cgy)));
}

data::Reading<Regimen> parse_regimen(const std::string& text) {
  static const std::regex kForm(
      R"(^([^;]+?)\s*;\s*([^;]+?)\s*;\s*(\d{1,6}(?:\.\d{1,6})?)\s*(c?gy)\s*(?:x|×|\*|in)\s*(\d{1,3})\s*(?:fractions?|fx)\s*;\s*(?:total\s*(?:dose)?\s*:?\s*)?(\d{1,6}(?:\.\d{1,6})?)\s*(c?gy)\.?$)",
      std::regex::icase | std::regex::optimize);
  const std::string line = lowered(single_spaced(first_line(text)));
  std::smatch match;
  if (line.size() > 400) return {std::nullopt, "too long for a regimen"};
  if (!std::regex_match(line, match, kForm))
    return {std::nullopt, "not of the form site; modality; dose x fractions; total"};
  const auto cgy = [](const std::string& value, const std::string& unit) {
    return std::stod(value) * (unit == "gy" ? 100 : 1);
  };
  const Regimen regimen{.site = match[1],
                        .modality = match[2],
                        .dose_per_fraction_cgy = cgy(match[3], match[4]),
                        .num_fractions = std::stoi(match[5]),
                        .total_dose_cgy = cgy(match[6], match[7])};
  constexpr double kLargest = 999'999;  // what is larger could not be read back
  if (std::max(regimen.dose_per_fraction_cgy, regimen.total_dose_cgy) > kLargest)
    return {std::nullopt, "dose beyond any regimen"};
  return {regimen, ""};
}

std::shared_ptr<const Task> regimen_task() {
  return std::make_shared<RegimenTask>();
}

}  // namespace radonc::tasks
