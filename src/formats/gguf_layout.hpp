// What reader and writer of GGUF files share: the numbers of metadata's types, and how elements lie in blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "radonc/formats/gguf.hpp"

namespace radonc::formats {

// Numbers of the metadata's value types.
enum : std::uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kFloat32, kBool, kString, kArray, kU64, kI64, kFloat64 };

inline constexpr std::uint64_t kLongestArray = std::uint64_t{1} << 24;  // beyond any vocabulary; bounds allocations
inline constexpr std::uint64_t kMostElements = std::uint64_t{1} << 48;  // of a tensor; products of extents cannot wrap
inline constexpr std::uint64_t kGgufAlignment = 32;                     // where the file names no other

struct BlockLayout {
  const char* name;
  std::uint64_t elements;  // of a block
  std::uint64_t bytes;
};

inline constexpr const char* kGgufTypeNames = "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K or Q6_K";

/// Nothing for a type that radonc does not read.
inline std::optional<BlockLayout> gguf_layout(std::uint32_t type) {
  switch (static_cast<GgufType>(type)) {
    case GgufType::kF32:
      return BlockLayout{"F32", 1, 4};
    case GgufType::kF16:
      return BlockLayout{"F16", 1, 2};
    case GgufType::kBF16:
      return BlockLayout{"BF16", 1, 2};
    case GgufType::kQ4_0:
      return BlockLayout{"Q4_0", 32, 18};
    case GgufType::kQ4_1:
      return BlockLayout{"Q4_1", 32, 20};
    case GgufType::kQ5_0:
      return BlockLayout{"Q5_0", 32, 22};
    case GgufType::kQ5_1:
      return BlockLayout{"Q5_1", 32, 24};
    case GgufType::kQ8_0:
      return BlockLayout{"Q8_0", 32, 34};
    case GgufType::kQ4_K:
      return BlockLayout{"Q4_K", 256, 144};
    case GgufType::kQ5_K:
      return BlockLayout{"Q5_K", 256, 176};
    case GgufType::kQ6_K:
      return BlockLayout{"Q6_K", 256, 210};
  }
  return std::nullopt;
}

template <typename T>
T read_as(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace radonc::formats
