#include "radonc/ops/recording.hpp"

#include <doctest/doctest.h>

#include "support/cpu_recorder.hpp"

using namespace radonc;

TEST_CASE("a recorder is found by the kind of its device, as long as there is one") {
  CHECK_FALSE(ops::recorder_for(c10::DeviceType::CPU));
  {
    test::CpuRecorder recorder;
    const auto x = torch::zeros({3});
    torch::Tensor y;
    const auto replay = ops::recorder_for(c10::DeviceType::CPU)(torch::kCPU, [&] { y = x + 1; });
    x.fill_(4);
    replay();
    CHECK(torch::equal(y, torch::full({3}, 5.0F)));
    CHECK_FALSE(ops::recorder_for(c10::DeviceType::Meta));
  }
  CHECK_FALSE(ops::recorder_for(c10::DeviceType::CPU));
}
