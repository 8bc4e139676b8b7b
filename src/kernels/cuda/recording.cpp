// CUDA graphs as recordings; see radonc/ops/recording.hpp.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <map>
#include <memory>
#include <mutex>

#include "kernels/recorders.hpp"

namespace radonc::kernels {
namespace {

class Graph {
 public:
  Graph(const c10::Device& device, const std::function<void()>& work) : device_(device) {
    static std::mutex one_at_a_time;
    static std::map<c10::DeviceIndex, c10::cuda::CUDAStream> streams;
    const std::lock_guard lock(one_at_a_time);
    const c10::cuda::CUDAGuard guard(device);
    // The default stream cannot be recorded. The other one is always the same: cuBLAS keeps memory for each it has met.
    const auto before = c10::cuda::getCurrentCUDAStream();
    const auto aside = streams.try_emplace(device.index(), c10::cuda::getStreamFromPool()).first->second;
    before.synchronize();
    const c10::cuda::CUDAStreamGuard on_it(aside);
    work();  // loads kernels and makes workspaces, which a recording may not
    aside.synchronize();
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      try {
        graph_.capture_end();
      } catch (const c10::Error&) {  // says less than what is on its way
      }
      throw;
    }
    graph_.capture_end();
  }

  void replay() {
    const c10::cuda::CUDAGuard guard(device_);
    graph_.replay();
  }

 private:
  c10::Device device_;
  at::cuda::CUDAGraph graph_;
};

const bool registered = [] {
  recorders()[c10::DeviceType::CUDA] = [](const c10::Device& device, const std::function<void()>& work) {
    return [graph = std::make_shared<Graph>(device, work)] { graph->replay(); };
  };
  return true;
}();

}  // namespace
}  // namespace radonc::kernels
