#include "radonc/ops/kept_memory.hpp"

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <set>

namespace radonc::ops {
namespace {

constexpr std::size_t kReserved = std::size_t{1} << 38;  // of addresses, not of memory
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kUsable = kReserved - kHugePage;    // from the first whole huge page on
constexpr std::size_t kSmallest = std::size_t{64} << 10;  // smaller blocks are malloc's business
constexpr std::size_t kGranule = 4096;

constexpr std::size_t round_up(std::size_t n, std::size_t step) {
  return (n + step - 1) / step * step;
}

/// Best fit, neighbours merged, in a region that grows at its end.
class Region final : public c10::Allocator {
 public:
  static Region& instance() {
    static auto* region = new Region;  // tensors may outlive every static object
    return *region;
  }

  void enter() {
    const std::lock_guard lock(mutex_);
    ++users_;
    if (base_ != nullptr || !reserve()) return;
    // It stays, for whatever frees by the allocator of the moment; without users it only passes requests on.
    before_ = c10::GetCPUAllocator();
    c10::SetCPUAllocator(this);
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    if (--users_ > 0 || base_ == nullptr) return;
    for (const auto& [begin, size] : free_) give_back(begin, size);
  }

  c10::DataPtr allocate(std::size_t bytes) override {
    void* memory = nullptr;
    if (bytes >= kSmallest) {
      const std::lock_guard lock(mutex_);
      if (users_ > 0) memory = take(round_up(bytes, kGranule));
    }
    if (memory == nullptr) memory = before_->raw_allocate(bytes);
    return {memory, memory, &release, c10::Device(c10::DeviceType::CPU)};
  }

  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void* to, const void* from, std::size_t count) const override { default_copy_data(to, from, count); }

 private:
  bool reserve() {
    if (base_ != nullptr) return true;
    void* memory = mmap(nullptr, kReserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return false;
#if defined(MADV_HUGEPAGE)
    madvise(memory, kReserved, MADV_HUGEPAGE);
#endif
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    base_ = static_cast<char*>(memory) + (round_up(address, kHugePage) - address);
    return true;
  }

  void* take(std::size_t size) {
    auto fit = by_size_.lower_bound({size, 0});
    std::size_t begin = end_, had = size;
    if (fit != by_size_.end()) {
      std::tie(had, begin) = *fit;
      by_size_.erase(fit);
      free_.erase(begin);
      if (had > size) add_free(begin + size, had - size);
    } else {
      // The last free block, if it touches the end, only needs what is missing.
      if (!free_.empty() && free_.rbegin()->first + free_.rbegin()->second == end_) {
        begin = free_.rbegin()->first;
        by_size_.erase({free_.rbegin()->second, begin});
        free_.erase(begin);
      }
      if (begin + size > kUsable) {
        if (begin != end_) add_free(begin, end_ - begin);
        return nullptr;
      }
      end_ = begin + size;
    }
    taken_[begin] = size;
    return base_ + begin;
  }

  static void release(void* memory) {
    Region& region = instance();
    const auto* place = static_cast<const char*>(memory);
    if (place >= region.base_ && place < region.base_ + kUsable)
      region.put_back(memory);
    else
      region.before_->raw_deallocate(memory);
  }

  void put_back(void* memory) {
    const std::lock_guard lock(mutex_);
    const auto block = taken_.find(static_cast<std::size_t>(static_cast<char*>(memory) - base_));
    std::size_t begin = block->first, size = block->second;
    taken_.erase(block);
    auto after = free_.lower_bound(begin);
    if (after != free_.end() && after->first == begin + size) {
      size += after->second;
      by_size_.erase({after->second, after->first});
      after = free_.erase(after);
    }
    if (after != free_.begin() && std::prev(after)->first + std::prev(after)->second == begin) {
      --after;
      begin = after->first;
      size += after->second;
      by_size_.erase({after->second, after->first});
      free_.erase(after);
    }
    add_free(begin, size);
    if (users_ == 0) give_back(begin, size);
  }

  void add_free(std::size_t begin, std::size_t size) {
    free_[begin] = size;
    by_size_.insert({size, begin});
  }

  void give_back(std::size_t begin, std::size_t size) {
    madvise(base_ + begin, size, MADV_DONTNEED);
  }

  std::mutex mutex_;
  int users_ = 0;
  c10::Allocator* before_ = c10::GetDefaultCPUAllocator();
  char* base_ = nullptr;
  std::size_t end_ = 0;                                    // of what was ever used
  std::map<std::size_t, std::size_t> free_, taken_;        // sizes by place
  std::set<std::pair<std::size_t, std::size_t>> by_size_;  // free blocks: size, place
};

}  // namespace

KeptMemory::KeptMemory() {
  Region::instance().enter();
}

KeptMemory::~KeptMemory() {
  Region::instance().leave();
}

}  // namespace radonc::ops
