// A device that is there and cannot run radonc's kernels. It is of torch's spare kind, has the processor's memory, and
// can do no more than hold ones.
#pragma once

#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>
#include <torch/types.h>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace radonc::test::spare_device {

inline constexpr auto kKind = c10::DeviceType::PrivateUse1;

struct Hooks : at::PrivateUse1HooksInterface {
  [[nodiscard]] bool isBuilt() const override { return true; }
  [[nodiscard]] bool isAvailable() const override { return true; }
  [[nodiscard]] bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
};

struct Memory : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    const auto free = [](void* memory) { delete[] static_cast<float*>(memory); };
    auto* memory = new float[bytes / sizeof(float) + 1];
    return {memory, memory, free, c10::Device(kKind, 0)};
  }
  void copy_data(void* to, const void* from, std::size_t count) const override { default_copy_data(to, from, count); }
};

inline torch::Tensor empty(at::IntArrayRef sizes, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                           std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  static Memory memory;
  return at::detail::empty_generic(sizes, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   type.value_or(at::kFloat), format);
}

inline torch::Tensor& fill(torch::Tensor& x, const at::Scalar& value) {
  std::fill_n(static_cast<float*>(x.data_ptr()), x.numel(), value.toFloat());
  return x;
}

/// Makes torch know it as "abacus", for the rest of the process.
inline void make_known() {
  static const bool once = [] {
    c10::register_privateuse1_backend("abacus");
    static Hooks hooks;
    at::RegisterPrivateUse1HooksInterface(&hooks);
    static c10::impl::NoOpDeviceGuardImpl<kKind> guard;
    c10::impl::device_guard_impl_registry[static_cast<std::size_t>(kKind)] = &guard;
    static torch::Library library(torch::Library::IMPL, "aten", c10::DispatchKey::PrivateUse1, __FILE__, __LINE__);
    library.impl("empty.memory_format", empty);
    library.impl("fill_.Scalar", fill);
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace radonc::test::spare_device
