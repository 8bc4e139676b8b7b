// A radiation course as a typed prescription, or the reason why it is none.
#pragma once

#include <string>

#include "radonc/clinical/modality.hpp"
#include "radonc/core/export.hpp"
#include "radonc/core/reading.hpp"
#include "radonc/data/case_record.hpp"

namespace radonc::data {

/// What the course says of its modality. An external beam is never called photon: the record does not say so. A unit
/// that contradicts the modality (mCi with an external beam or an implant, Gy with a radionuclide) gives no value.
RADONC_API core::Reading<clinical::Modality> recorded_modality(const Course& course);

/// A prescription of equal fractions (ASTRO 2016: site, modality, fraction size, fractions, total).
struct RADONC_API Prescription {
  std::string target;  ///< as recorded, "primary tumor field"
  clinical::Modality modality = clinical::Modality::kExternalBeam;
  double dose_per_fraction_cgy = 0;
  int num_fractions = 0;
  double total_dose_cgy = 0;
  bool unit_corrected = false;  ///< the recorded unit was impossible, or missing, and only one reading was plausible
};

/// The course's prescription in cGy. Never guesses: what has no single plausible reading gives no value.
///   Numbers: "6,100" is 6100, "59,4" is 59.4, "4,500 cgy" carries its unit; "42.5+10" and "40/48" are not one number.
///   Units: the recorded one if it is plausible, else the other one if that is; plausible is 80 to 3,400 cGy a fraction
///   and at most 15,000 cGy in all, in at most 100 fractions.
///   The total must be equal fractions of a multiple of 0.5 cGy: otherwise a boost hides in it.
RADONC_API core::Reading<Prescription> prescription(const Course& course);

}  // namespace radonc::data
