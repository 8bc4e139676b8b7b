// Work that a device is asked for once and does many times: CUDA graphs.
#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>

namespace radonc::ops {

/// Operators on a device, recorded. To ask a GPU for a step of decoding, operator by operator, takes longer than the
/// step.
class Recording {
 public:
  virtual ~Recording() = default;
  /// Does them again, on the memory that they were recorded with: what they read is read anew.
  virtual void replay() = 0;
};

/// Does `work` and records what it asks of the device. `work` may be done twice, which has to leave what once would,
/// and may not wait for the device, as reading a value would. What it makes stays where it is while the recording
/// lives.
using Recorder =
    std::function<std::unique_ptr<Recording>(const torch::Device& device, const std::function<void()>& work)>;

/// The recorder of this kind of device; an empty one where there is none. radonc has one for CUDA.
const Recorder& recorder_for(c10::DeviceType type);
void set_recorder(c10::DeviceType type, Recorder recorder);

}  // namespace radonc::ops
