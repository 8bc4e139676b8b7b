#include "model/device.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include "radonc/core/error.hpp"
#include "radonc/ops/rms_norm.hpp"

namespace radonc::model {
namespace {

constexpr const char* kOrCpu = "Everything runs on the CPU too: device=\"cpu\".";

torch::Device parsed(const std::string& name) {
  try {
    return torch::Device(name);
  } catch (const c10::Error&) {
    throw Error(fmt::format("Device \"{}\": expected \"cpu\", \"cuda\" or a numbered one as \"cuda:1\".", name));
  }
}

}  // namespace

std::string in_short(const c10::Error& error) {
  std::string text = error.what_without_backtrace();
  for (const char* more : {" Including", " Process ", " Of the allocated memory", "\n"})
    text = text.substr(0, text.find(more));
  return text.ends_with('.') ? text : text + ".";
}

torch::Device device_named(const std::string& name) {
  const torch::Device device = parsed(name);
  if (device.is_cpu()) return torch::kCPU;
  const auto refuse = [&](const std::string& why) {
    throw Error(fmt::format("Device \"{}\": {} {}", name, why, kOrCpu));
  };
  if (!at::isAccelerator(device.type()) || !at::globalContext().getAcceleratorHooksInterface(device.type()).isBuilt())
    refuse("this torch is built without it. Install a torch for CUDA, and build radonc for that.");
  torch::Tensor row, weight;
  try {
    row = torch::ones({1, 8}, device);
    weight = torch::ones({8}, device);
  } catch (const c10::Error& error) {
    refuse(in_short(error));
  }
  try {
    static_cast<void>(ops::rms_norm(row, weight, 1e-5).cpu());  // waits for the kernel
  } catch (const c10::NotImplementedError&) {
    refuse("this radonc is built without kernels for it. Build it where nvcc is found.");
  } catch (const c10::Error& error) {
    refuse(fmt::format("radonc's kernels do not run there: {} They need compute capability 8.0 or newer.",
                       in_short(error)));
  }
  return row.device();
}

}  // namespace radonc::model
