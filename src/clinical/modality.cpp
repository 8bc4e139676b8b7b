#include "radonc/clinical/modality.hpp"

namespace radonc::clinical {

std::string to_string(Modality modality) {
  switch (modality) {
    case Modality::kBrachytherapy:
      return "brachytherapy";
    case Modality::kElectron:
      return "electron";
    case Modality::kExternalBeam:
      return "external beam";
    case Modality::kPhoton:
      return "photon";
    case Modality::kProton:
      return "proton";
    case Modality::kRadionuclide:
      return "radionuclide";
  }
  return {};
}

}  // namespace radonc::clinical
