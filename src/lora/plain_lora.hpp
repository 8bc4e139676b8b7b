// What other programs can read. Private.
#pragma once

#include "radonc/lora/lora.hpp"

namespace radonc::lora {

/// PiSSA's update is relative to its start: B A - B₀ A₀ is plain LoRA of twice the rank, which any loader reads. Other
/// adapters are returned as they are.
Adapter as_plain_lora(Adapter adapter);

}  // namespace radonc::lora
