// The phases that a prescription's items make. Private.
#pragma once

#include <string>
#include <vector>

#include "clinical/regimen_items.hpp"
#include "radonc/clinical/regimen.hpp"

namespace radonc::clinical {

/// The regimen that `items` make, or the reason why they make none. `structured`: site and modality are the caller's, a
/// phase keeps its own, and where every phase states a total, each total is its phase's.
RegimenReading regimen_phases(const std::vector<RegimenItem>& items, bool structured);

}  // namespace radonc::clinical
