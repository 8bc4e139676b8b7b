#include "radonc/data/course.hpp"

#include <cctype>
#include <charconv>
#include <cmath>

#include "core/text.hpp"
#include "radonc/clinical/plausible.hpp"

namespace radonc::data {
namespace {

using clinical::kFractionStepCgy;
using clinical::kLeastFractionCgy;
using clinical::kMostFractionCgy;
using clinical::kMostFractions;
using clinical::kMostTotalCgy;
using clinical::Modality;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// One number with what stands behind it ("4,500 cgy"), or nothing if the text is not one number.
struct Quantity {
  double value = 0;
  std::string unit;
};
std::optional<Quantity> quantity(const std::string& recorded) {
  const std::string text = core::lowered(trimmed(recorded));
  std::size_t end = 0;
  std::string digits;
  while (end < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == '.' || text[end] == ',')) {
    if (text[end] == ',') {
      // A comma with exactly three digits behind it parts thousands (but not "0,508"), else it is a decimal comma.
      std::size_t behind = end + 1;
      while (behind < text.size() && std::isdigit(static_cast<unsigned char>(text[behind])) != 0) ++behind;
      if (behind - end - 1 != 3 || digits == "0") digits.push_back('.');
    } else {
      digits.push_back(text[end]);
    }
    ++end;
  }
  double value = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || rest != digits.data() + digits.size()) return std::nullopt;
  return Quantity{value, trimmed(text.substr(end))};
}

bool plausible(double total_cgy, int num_fractions) {
  const double fraction = total_cgy / num_fractions;
  return fraction >= kLeastFractionCgy && fraction <= kMostFractionCgy && total_cgy <= kMostTotalCgy;
}

std::optional<int> count_of(const std::string& recorded) {
  const auto number = quantity(recorded);
  if (!number || number->value != std::floor(number->value) || number->value < 1 || number->value > kMostFractions)
    return std::nullopt;
  if (!number->unit.empty() && number->unit != "fr" && number->unit != "fx" && number->unit != "fractions")
    return std::nullopt;
  return static_cast<int>(number->value);
}

}  // namespace

core::Reading<Modality> recorded_modality(const Course& course) {
  static const std::pair<const char*, Modality> kWords[] = {
      {"external", Modality::kExternalBeam},  {"external beam", Modality::kExternalBeam},
      {"photon", Modality::kPhoton},          {"proton", Modality::kProton},
      {"electron", Modality::kElectron},      {"internal", Modality::kBrachytherapy},
      {"implants", Modality::kBrachytherapy}, {"brachytherapy", Modality::kBrachytherapy},
      {"systemic", Modality::kRadionuclide},  {"radioisotope", Modality::kRadionuclide}};
  const std::string recorded = core::lowered(trimmed(course.modality)), unit = core::lowered(trimmed(course.dose_unit));
  if (recorded.empty()) return {std::nullopt, "modality missing"};
  for (const auto& [word, modality] : kWords) {
    if (recorded != word) continue;
    const bool activity = unit == "mci";
    const bool absorbed = unit == "gy" || unit == "cgy";
    if (modality == Modality::kRadionuclide ? absorbed : activity)
      return {std::nullopt, "modality contradicts dose unit"};
    return {modality, ""};
  }
  return {std::nullopt, "modality not one of the classes"};
}

core::Reading<Prescription> prescription(const Course& course) {
  const auto modality = recorded_modality(course);
  if (!modality.value) return {std::nullopt, modality.reason};
  if (*modality.value == Modality::kRadionuclide) return {std::nullopt, "radionuclide, no absorbed dose"};
  if (course.target_site.empty()) return {std::nullopt, "target missing"};
  if (course.dose.empty()) return {std::nullopt, "dose missing"};
  if (course.fractions.empty()) return {std::nullopt, "fractions missing"};
  const auto dose = quantity(course.dose);
  if (!dose || (!dose->unit.empty() && dose->unit != "cgy" && dose->unit != "gy"))
    return {std::nullopt, "dose not one number"};
  const auto fractions = count_of(course.fractions);
  if (!fractions) return {std::nullopt, "fractions not one number"};

  const std::string unit = dose->unit.empty() ? core::lowered(trimmed(course.dose_unit)) : dose->unit;
  if (!unit.empty() && unit != "cgy" && unit != "gy") return {std::nullopt, "dose unit not known"};
  const double as_cgy = dose->value, as_gy = dose->value * 100;
  const bool cgy_plausible = plausible(as_cgy, *fractions), gy_plausible = plausible(as_gy, *fractions);
  Prescription result{.target = course.target_site, .modality = *modality.value, .num_fractions = *fractions};
  if (unit == "cgy" && cgy_plausible) {
    result.total_dose_cgy = as_cgy;
  } else if (unit == "gy" && gy_plausible) {
    result.total_dose_cgy = as_gy;
  } else if (cgy_plausible != gy_plausible) {
    result.total_dose_cgy = cgy_plausible ? as_cgy : as_gy;
    result.unit_corrected = true;
  } else {
    return {std::nullopt, "dose not plausible"};
  }
  const double steps = result.total_dose_cgy / *fractions / kFractionStepCgy;
  if (std::abs(steps - std::round(steps)) > 1e-6) return {std::nullopt, "not equal fractions"};
  result.dose_per_fraction_cgy = std::round(steps) * kFractionStepCgy;
  result.total_dose_cgy = result.dose_per_fraction_cgy * *fractions;
  return {result, ""};
}

}  // namespace radonc::data
