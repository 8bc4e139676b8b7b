// A radiation course as a typed prescription, or the reason why it is none.
#pragma once

#include <optional>
#include <string>

#include "radonc/data/case_record.hpp"

namespace radonc::data {

/// The study's four classes, and what records say when they say less or something else.
enum class Modality { kBrachytherapy, kElectron, kExternalBeam, kPhoton, kProton, kRadionuclide };

/// "brachytherapy", "electron", "external beam", "photon", "proton" or "radionuclide".
std::string to_string(Modality modality);

/// A value, or the reason why there is none.
template <typename T>
struct Reading {
  std::optional<T> value;
  std::string reason;  ///< a rule's name, e.g. "dose missing"; never a record's text
};

/// What the course says of its modality. An external beam is never called photon: the record does not say so. A unit
/// that contradicts the modality (mCi with an external beam or an implant, Gy with a radionuclide) gives no value.
Reading<Modality> recorded_modality(const Course& course);

/// A prescription of equal fractions (ASTRO 2016: site, modality, fraction size, fractions, total).
struct Prescription {
  std::string target;  ///< as recorded, "primary tumor field"
  Modality modality = Modality::kExternalBeam;
  double dose_per_fraction_cgy = 0;
  int num_fractions = 0;
  double total_dose_cgy = 0;
  bool unit_corrected = false;  ///< the recorded unit was impossible, or missing, and only one reading was plausible
};

/// What is plausible of a prescription of equal fractions; their size is a multiple of the step.
inline constexpr double kLeastFractionCgy = 80, kMostFractionCgy = 3400, kFractionStepCgy = 0.5, kMostTotalCgy = 15000;
inline constexpr int kMostFractions = 100;

/// The course's prescription in cGy. Never guesses: what has no single plausible reading gives no value.
///   Numbers: "6,100" is 6100, "59,4" is 59.4, "4,500 cgy" carries its unit; "42.5+10" and "40/48" are not one number.
///   Units: the recorded one if it is plausible, else the other one if that is; plausible is 80 to 3,400 cGy a fraction
///   and at most 15,000 cGy in all, in at most 100 fractions.
///   The total must be equal fractions of a multiple of 0.5 cGy: otherwise a boost hides in it.
Reading<Prescription> prescription(const Course& course);

}  // namespace radonc::data
