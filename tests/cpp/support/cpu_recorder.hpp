// A recorder for the CPU, which has none of its own: what a replay does is to do the work again.
#pragma once

#include <memory>

#include "radonc/ops/recording.hpp"

namespace radonc::test {

/// While it lives, the CPU records. Counts what it was asked for.
class CpuRecorder {
 public:
  CpuRecorder() {
    ops::set_recorder(c10::DeviceType::CPU, [this](const torch::Device&, const std::function<void()>& work) {
      ++recordings;
      work();
      return std::make_unique<Again>(*this, work);
    });
  }
  ~CpuRecorder() { ops::set_recorder(c10::DeviceType::CPU, nullptr); }
  CpuRecorder(const CpuRecorder&) = delete;
  CpuRecorder& operator=(const CpuRecorder&) = delete;

  int recordings = 0, replays = 0;

 private:
  struct Again : ops::Recording {
    Again(CpuRecorder& its_owner, std::function<void()> its_work) : owner(its_owner), work(std::move(its_work)) {}
    void replay() override {
      ++owner.replays;
      work();
    }
    CpuRecorder& owner;
    std::function<void()> work;
  };
};

}  // namespace radonc::test
