// What records work on a device, by kind of device; see radonc/ops/recording.hpp. Private.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <map>

namespace radonc::kernels {

using Recorder = std::function<std::function<void()>(const c10::Device& device, const std::function<void()>& work)>;

inline std::map<c10::DeviceType, Recorder>& recorders() {
  static std::map<c10::DeviceType, Recorder> all;
  return all;
}

}  // namespace radonc::kernels
