#include "radonc/ops/recording.hpp"

#include "kernels/recorders.hpp"

namespace radonc::ops {

const Recorder& recorder_for(c10::DeviceType type) {
  return kernels::recorders()[type];
}

void set_recorder(c10::DeviceType type, Recorder recorder) {
  kernels::recorders()[type] = std::move(recorder);
}

}  // namespace radonc::ops
