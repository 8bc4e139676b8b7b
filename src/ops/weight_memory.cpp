#include "ops/weight_memory.hpp"

#include <torch/torch.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace radonc::ops {
namespace {

constexpr std::size_t kPage = 2 << 20;
constexpr std::size_t kChunk = 8 * kPage;  // shared by tensors of less than half of it
constexpr std::size_t kAlignment = 64;     // of a tensor: a cache line

constexpr std::size_t round_up(std::size_t n, std::size_t step) {
  return (n + step - 1) / step * step;
}

struct Chunk {
  explicit Chunk(std::size_t bytes) : memory(static_cast<std::byte*>(std::aligned_alloc(kPage, bytes))) {
    if (memory == nullptr) throw std::bad_alloc();
#if defined(__linux__)
    ::madvise(memory, bytes, MADV_HUGEPAGE);  // where it is refused, the pages are small
#endif
  }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;
  ~Chunk() {
    std::free(memory);
  }

  std::byte* memory;
  std::size_t used = 0;
};

std::size_t num_bytes(at::IntArrayRef sizes, torch::ScalarType type) {
  return static_cast<std::size_t>(c10::multiply_integers(sizes)) * c10::elementSize(type);
}

}  // namespace

bool shares_pages(at::IntArrayRef sizes, torch::ScalarType type) {
  return num_bytes(sizes, type) < kChunk / 2;
}

torch::Tensor weight_memory(at::IntArrayRef sizes, torch::ScalarType type) {
  static std::mutex mutex;
  static std::weak_ptr<Chunk> current;  // lives as long as a tensor on it
  const std::size_t bytes = num_bytes(sizes, type);
  if (bytes == 0) return torch::empty(sizes, type);
  std::shared_ptr<Chunk> chunk;
  std::byte* place = nullptr;
  if (!shares_pages(sizes, type)) {
    chunk = std::make_shared<Chunk>(round_up(bytes, kPage));
    place = chunk->memory;
  } else {
    const std::lock_guard lock(mutex);
    chunk = current.lock();
    if (!chunk || chunk->used + bytes > kChunk) current = chunk = std::make_shared<Chunk>(kChunk);
    place = chunk->memory + chunk->used;
    chunk->used += round_up(bytes, kAlignment);
  }
  return torch::from_blob(
      place, sizes, [chunk](void*) { /* keeps `chunk` */ }, type);
}

torch::Tensor passing_memory(at::IntArrayRef sizes, torch::ScalarType type) {
  return shares_pages(sizes, type) ? torch::empty(sizes, type) : weight_memory(sizes, type);
}

}  // namespace radonc::ops
