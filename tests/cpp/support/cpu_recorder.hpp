// A recorder for the CPU, which has none of its own: what a replay does is to do the work again.
#pragma once

#include "radonc/ops/recording.hpp"

namespace radonc::test {

/// While it lives, the CPU records. Counts what it was asked for.
class CpuRecorder {
 public:
  CpuRecorder() {
    ops::set_recorder(c10::DeviceType::CPU, [this](const torch::Device&, const std::function<void()>& work) {
      ++recordings;
      work();
      return [this, work] {
        ++replays;
        work();
      };
    });
  }
  ~CpuRecorder() { ops::set_recorder(c10::DeviceType::CPU, nullptr); }
  CpuRecorder(const CpuRecorder&) = delete;
  CpuRecorder& operator=(const CpuRecorder&) = delete;

  int recordings = 0, replays = 0;
};

}  // namespace radonc::test
