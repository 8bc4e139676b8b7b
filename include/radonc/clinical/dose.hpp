// Dose arithmetic of prescriptions: totals, biologically effective doses, and the names of fractionations.
#pragma once

#include <string>

#include "radonc/clinical/regimen.hpp"
#include "radonc/core/export.hpp"

namespace radonc::clinical {

/// The sum of the phases' stated totals, in cGy, in the volume that gets most: of a simultaneous boost's levels, which
/// share their fractions, the highest counts.
RADONC_API double total_dose_cgy(const Regimen& regimen);

/// Biologically effective dose in Gy of `num_fractions` equal fractions by the linear-quadratic model:
/// BED = n d (1 + d / (α/β)), d in Gy (Fowler, Br J Radiol 1989;62:679). `alpha_beta_gy` is the tissue's, in Gy; the
/// caller must know it.
/// Out of scope: incomplete repair between the fractions of a day, continuous low dose rate, repopulation. The model is
/// not validated for fractions beyond some 8 to 10 Gy.
/// Throws radonc::Error unless α/β is positive and finite, and doses and fractions are not negative.
RADONC_API double bed_gy(double dose_per_fraction_cgy, int num_fractions, double alpha_beta_gy);

/// The same of a whole regimen: phases in turn are added, of simultaneous levels the highest counts, and a point dose
/// is added as if it were that of the volume. Counts doses per fraction and fractions, not the stated totals.
RADONC_API double bed_gy(const Regimen& regimen, double alpha_beta_gy);

/// Equivalent dose in fractions of 2 Gy, in Gy: EQD2 = BED / (1 + 2 / (α/β)) (Withers et al., Cancer 1983;51:2086).
/// Scope and errors are those of bed_gy().
RADONC_API double eqd2_gy(double dose_per_fraction_cgy, int num_fractions, double alpha_beta_gy);
RADONC_API double eqd2_gy(const Regimen& regimen, double alpha_beta_gy);

/// Fractionation by the size of the fraction, in the words of the ASTRO, ASCO and AUA guideline on hypofractionated
/// radiotherapy for localized prostate cancer (Morgan et al., J Clin Oncol 2018;36:3411). The guideline speaks of 180
/// to 200 cGy as conventional, 240 to 340 cGy as moderate and 500 cGy or more as ultrahypofractionation; the gaps
/// between are closed here, at 220 cGy and at 500 cGy. The names are of sizes: of another site they do not say what is
/// usual.
enum class Fractionation {
  kHyperfractionated,           ///< less than 180 cGy, or several fractions a day of any size
  kConventional,                ///< 180 to 220 cGy
  kModeratelyHypofractionated,  ///< more than 220 and less than 500 cGy
  kUltrahypofractionated,       ///< 500 cGy or more
};

/// "hyperfractionated", "conventional", "moderately hypofractionated" or "ultrahypofractionated".
RADONC_API std::string to_string(Fractionation fractionation);

RADONC_API Fractionation fractionation(const Phase& phase);

}  // namespace radonc::clinical
