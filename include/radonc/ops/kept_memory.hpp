// Memory for activations that is kept from step to step.
#pragma once

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// While one lives, torch's large CPU tensors (from 64 KiB) come from one region on huge pages, and what is freed is
/// handed out again instead of going back to the system: mapping fresh pages, and zeroing them, is up to a fifth of a
/// small model's training step. The last one gives the free pages back. Tensors may outlive it, and several may live
/// at once, on any threads. Where the system refuses the region, torch's own allocator goes on serving.
class RADONC_API KeptMemory {
 public:
  KeptMemory();
  ~KeptMemory();
  KeptMemory(const KeptMemory&) = delete;
  KeptMemory& operator=(const KeptMemory&) = delete;
};

}  // namespace radonc::ops
