// A radiotherapy prescription of one or several phases: its canonical sentence, and the reader of what clinicians
// write.
#pragma once

#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/core/reading.hpp"

namespace radonc::clinical {

/// How a phase stands to the phase before it.
enum class PhaseKind {
  kSequential,    ///< in fractions of its own, in turn; the first phase of a regimen is one, unless it is a point dose
  kSimultaneous,  ///< a further dose level in the fractions of the phase before (simultaneous integrated boost)
  kPoint,         ///< sequential, and prescribed to a point, as brachytherapy's point A
};

/// Equal fractions. Doses are in cGy, with at most two decimals and at most 999,999; Gy(RBE) counts as Gy.
struct RADONC_API Phase {
  PhaseKind kind = PhaseKind::kSequential;
  std::string target;    ///< where it differs from the regimen's site: "tumor bed", "point a"; else empty
  std::string modality;  ///< where it differs from the regimen's: "electron"; else empty
  double dose_per_fraction_cgy = 0;
  int num_fractions = 0;      ///< 1 to 999; that of the phase before for a simultaneous one
  double total_dose_cgy = 0;  ///< as written; need not be dose_per_fraction_cgy * num_fractions
  int fractions_per_day = 1;  ///< 1 unless said otherwise

  bool operator==(const Phase&) const = default;
};

/// Strings are lower case, with single spaces, without semicolons, without a dose of their own ("5 gy"), and not one of
/// the sentence's words for an empty string.
struct RADONC_API Regimen {
  std::string site;      ///< empty if not stated
  std::string modality;  ///< modality or technique, that of the first phase; empty if not stated
  std::vector<Phase> phases;

  bool operator==(const Regimen&) const = default;
};

/// The canonical sentence, in the order of ASTRO's standard prescription (Evans et al., Pract Radiat Oncol
/// 2016;6:e369): site, modality or technique, cGy per fraction, number of fractions, total cGy.
///   "Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6000 cGy"
/// Further phases begin with "then", or "with simultaneous"; a phase's own target with "to" (a point's with "at"), its
/// own modality with "by":
///   "Breast; photon; 200 cGy x 25 fractions; total 5000 cGy; then to tumor bed; by electron; 200 cGy x 5 fractions;
///   total 1000 cGy"
///   "Lung; imrt; 150 cGy x 30 fractions twice a day; total 4500 cGy"
/// What is not stated is called "site not stated", "modality not stated", "a point".
/// parse_regimen(to_text(r)).value == r for every regimen that keeps to the rules above. Strings that do not are
/// lowered, single-spaced and lose their semicolons. Throws radonc::Error if there is no phase.
RADONC_API std::string to_text(const Regimen& regimen);

/// The canonical name of a modality or technique: "EBRT" and "external-beam radiotherapy" are "external beam", "HDR" is
/// "hdr brachytherapy", "photon IMRT" is "photon imrt". An external beam is never called photon, nor a technique.
/// A text that is more or less than such names comes back in lower case and single-spaced.
RADONC_API std::string modality_name(const std::string& text);

/// A regimen, or the reason why there is none; and what is to be known of how it was read.
struct RADONC_API RegimenReading : core::Reading<Regimen> {
  bool inconsistent = false;  ///< a phase's dose per fraction times its fractions is not its stated total; kept as is
  bool derived = false;       ///< a value of a phase was not written, and follows from the other two
};

/// Reads the first line of `text` that is not blank: the canonical sentence, or what clinicians write, such as
///   "50.4 Gy in 28 fractions", "6000cGy/30fx", "30 fractions of 200 cGy", "45 Gy in 1.5-Gy fractions twice per day",
///   "180 cGy x 22 then 180 cGy x 6, total 50.4 Gy over 6 weeks", "70 Gy (2 Gy/fx) with SIB 63/56 Gy in 35",
///   "EBRT to the pelvis 45 Gy in 25, followed by HDR 7 Gy x 4", "30 Gy to point A given in 5 fractions",
///   "1.5 Gy BID to 45 Gy", "60 Gy/2 Gy", "2 Gy a day, five days a week, for 6 weeks".
/// Numbers: "50,4" is 50.4, "5,040 cGy" is 5040, "twenty-five" is 25.
/// Units: written, or the only one that is plausible (clinical/plausible.hpp), in "5040 cGy @ 180", and in "6000/30",
/// "whole brain 30/10" and "200 x 30" where the line holds nothing but a prescription and the numbers are of no other
/// one ("60/3": 3 Gy x 20, or 20 Gy x 3).
/// Never guesses. No value for any other dose without a unit, a dose without fractions, ranges, alternatives ("45 or 50
/// Gy"), estimates, negations, numbers without a role, two possible pairings, a boost "to" a dose that may count the
/// phase before, or a value that follows from the others but is beyond any prescription (a fraction of less than 25 cGy
/// or more than 100 Gy, a total of more than 150 Gy). A sentence without semicolons gives a site only where it consists
/// of known anatomical words. "Site; modality; prescription" takes the two as they are, and then nothing but a
/// prescription. Time and memory are linear in the text.
RADONC_API RegimenReading parse_regimen(const std::string& text);

}  // namespace radonc::clinical
