// Memory that is full, as a GPU's is before the machine's.
#pragma once

#include <c10/core/CPUAllocator.h>

#include "radonc/ops/kept_memory.hpp"

namespace radonc::test {

/// While it lives, torch's tensors above `limit` bytes find no memory, in the words of torch's allocator for CUDA.
class FullMemory : public c10::Allocator {
 public:
  explicit FullMemory(std::size_t limit) : limit_(limit), before_(c10::GetCPUAllocator()) {
    c10::SetCPUAllocator(this);
  }
  ~FullMemory() override { c10::SetCPUAllocator(before_); }
  FullMemory(const FullMemory&) = delete;
  FullMemory& operator=(const FullMemory&) = delete;

  c10::DataPtr allocate(std::size_t bytes) override {
    TORCH_CHECK_WITH(OutOfMemoryError, bytes <= limit_, "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a ",
                     "total capacity of 39.39 GiB of which 1.18 GiB is free. Process 7 has 38.20 GiB memory in use. ",
                     "Of the allocated memory 37 GiB is allocated by PyTorch, and 1 GiB is reserved.");
    return before_->allocate(bytes);
  }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return before_->raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t count) const override { default_copy_data(to, from, count); }

 private:
  const ops::KeptMemory kept_;  // whose allocator would take its place
  std::size_t limit_;
  c10::Allocator* before_;
};

}  // namespace radonc::test
