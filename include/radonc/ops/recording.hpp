// Work that a device is asked for once and does many times: CUDA graphs. To ask a GPU for a step of decoding, one
// operator after the other, takes longer than the step.
#pragma once

#include <torch/types.h>

#include <functional>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// Does what was recorded again, on the memory that it was recorded with: what it reads is read anew.
using Replay = std::function<void()>;

/// Does `work` and records what it asks of the device. `work` may be done twice, which has to leave what once would,
/// and may not wait for the device, as reading a value would. What it makes stays where it is while the replay lives.
using Recorder = std::function<Replay(const torch::Device& device, const std::function<void()>& work)>;

/// The recorder of this kind of device; an empty one where there is none. radonc has one for CUDA.
RADONC_API const Recorder& recorder_for(c10::DeviceType type);
RADONC_API void set_recorder(c10::DeviceType type, Recorder recorder);

}  // namespace radonc::ops
