// Treatment modalities.
#pragma once

#include <string>

#include "radonc/core/export.hpp"

namespace radonc::clinical {

/// The study's four classes, and what records say when they say less or something else.
enum class Modality { kBrachytherapy, kElectron, kExternalBeam, kPhoton, kProton, kRadionuclide };

/// "brachytherapy", "electron", "external beam", "photon", "proton" or "radionuclide".
RADONC_API std::string to_string(Modality modality);

}  // namespace radonc::clinical
