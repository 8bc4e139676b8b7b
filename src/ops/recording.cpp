#include "radonc/ops/recording.hpp"

#include <map>

namespace radonc::ops {
namespace {

std::map<c10::DeviceType, Recorder>& recorders() {
  static std::map<c10::DeviceType, Recorder> all;
  return all;
}

}  // namespace

const Recorder& recorder_for(c10::DeviceType type) {
  return recorders()[type];
}

void set_recorder(c10::DeviceType type, Recorder recorder) {
  recorders()[type] = std::move(recorder);
}

}  // namespace radonc::ops
