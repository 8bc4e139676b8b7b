#include "radonc/clinical/dose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "radonc/core/error.hpp"

namespace radonc::clinical {
namespace {

/// The sum of `value` over phases in turn, and of simultaneous levels the highest.
template <typename Value>
double sum(const Regimen& regimen, const Value& value) {
  double before = 0, highest = 0;  // of the phases before, and of the levels of this one
  for (const Phase& phase : regimen.phases) {
    if (phase.kind != PhaseKind::kSimultaneous) {
      before += highest;
      highest = 0;
    }
    highest = std::max(highest, value(phase));
  }
  return before + highest;
}

void require_alpha_beta(double alpha_beta_gy) {
  if (std::isfinite(alpha_beta_gy) && alpha_beta_gy > 0) return;
  throw Error(fmt::format("An α/β of {} Gy: it must be positive, such as 3 or 10.", alpha_beta_gy));
}

double per_bed(double alpha_beta_gy) {
  require_alpha_beta(alpha_beta_gy);
  return 1 / (1 + 2 / alpha_beta_gy);
}

}  // namespace

double total_dose_cgy(const Regimen& regimen) {
  return sum(regimen, [](const Phase& phase) { return phase.total_dose_cgy; });
}

double bed_gy(double dose_per_fraction_cgy, int num_fractions, double alpha_beta_gy) {
  require_alpha_beta(alpha_beta_gy);
  if (!(std::isfinite(dose_per_fraction_cgy) && dose_per_fraction_cgy >= 0) || num_fractions < 0)
    throw Error(fmt::format("{} cGy in {} fractions is no dose.", dose_per_fraction_cgy, num_fractions));
  const double dose_gy = dose_per_fraction_cgy / 100;
  return num_fractions * dose_gy * (1 + dose_gy / alpha_beta_gy);
}

double bed_gy(const Regimen& regimen, double alpha_beta_gy) {
  require_alpha_beta(alpha_beta_gy);
  return sum(regimen, [&](const Phase& phase) {
    return bed_gy(phase.dose_per_fraction_cgy, phase.num_fractions, alpha_beta_gy);
  });
}

double eqd2_gy(double dose_per_fraction_cgy, int num_fractions, double alpha_beta_gy) {
  return bed_gy(dose_per_fraction_cgy, num_fractions, alpha_beta_gy) * per_bed(alpha_beta_gy);
}

double eqd2_gy(const Regimen& regimen, double alpha_beta_gy) {
  return bed_gy(regimen, alpha_beta_gy) * per_bed(alpha_beta_gy);
}

std::string to_string(Fractionation fractionation) {
  switch (fractionation) {
    case Fractionation::kHyperfractionated:
      return "hyperfractionated";
    case Fractionation::kConventional:
      return "conventional";
    case Fractionation::kModeratelyHypofractionated:
      return "moderately hypofractionated";
    case Fractionation::kUltrahypofractionated:
      return "ultrahypofractionated";
  }
  return {};
}

Fractionation fractionation(const Phase& phase) {
  if (phase.fractions_per_day > 1 || phase.dose_per_fraction_cgy < 180) return Fractionation::kHyperfractionated;
  if (phase.dose_per_fraction_cgy <= 220) return Fractionation::kConventional;
  return phase.dose_per_fraction_cgy < 500 ? Fractionation::kModeratelyHypofractionated
                                           : Fractionation::kUltrahypofractionated;
}

}  // namespace radonc::clinical
