// Quantised blocks to float32. The layouts are those of ggml-quants.c in llama.cpp.
#include <fmt/format.h>

#include "formats/gguf_layout.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/float16.hpp"

namespace radonc::formats {
namespace {

float half_at(const std::byte* at) {
  return core::half_to_float(read_as<std::uint16_t>(at));
}

struct SixBits {
  int scale, minimum;
};

/// Of group 0 to 7, from twelve bytes. Groups 0 to 3 lie in the low six bits of bytes 0 to 3 (scales) and 4 to 7
/// (minima). Groups 4 to 7 have their low four bits in bytes 8 to 11 and their high two above those of groups 0 to 3.
SixBits unpack_six_bits(const std::uint8_t* packed, int group) {
  if (group < 4) return {packed[group] & 0x3F, packed[group + 4] & 0x3F};
  return {(packed[group + 4] & 0xF) | ((packed[group - 4] >> 2) & 0x30),
          (packed[group + 4] >> 4) | ((packed[group] >> 2) & 0x30)};
}

/// Q4_K: scale of scales, scale of minima, six-bit scales and minima of 8 groups of 32, nibbles of two groups at a
/// time. Q5_K: the same, with each element's fifth bit, 8 groups to a byte, before the nibbles.
void dequantize_q4_k_or_q5_k(const std::byte* block, bool has_fifth_bit, float* out) {
  const float scale = half_at(block), minimum = half_at(block + 2);
  const auto* packed = reinterpret_cast<const std::uint8_t*>(block + 4);
  const std::uint8_t* high = packed + 12;
  const std::uint8_t* low = has_fifth_bit ? high + 32 : high;
  for (int group = 0; group < 8; ++group) {
    const SixBits bits = unpack_six_bits(packed, group);
    const float group_scale = scale * static_cast<float>(bits.scale);
    const float group_minimum = minimum * static_cast<float>(bits.minimum);
    for (int i = 0; i < 32; ++i) {
      int quant = (low[group / 2 * 32 + i] >> (group % 2 * 4)) & 0xF;
      if (has_fifth_bit) quant |= ((high[i] >> group) & 1) << 4;
      *out++ = group_scale * static_cast<float>(quant) - group_minimum;
    }
  }
}

/// Q6_K: low four bits, high two bits, signed scales of 16 groups of 16, their scale. Each half of 128 elements is four
/// runs of 32: runs 0 and 1 are the low nibbles of 64 bytes, 2 and 3 the high ones; 32 bytes hold four runs' high bits.
void dequantize_q6_k(const std::byte* block, float* out) {
  const auto* low = reinterpret_cast<const std::uint8_t*>(block);
  const std::uint8_t* high = low + 128;
  const float scale = half_at(block + 208);
  for (int element = 0; element < 256; ++element) {
    const int half = element / 128, run = element / 32 % 4, i = element % 32;
    const int quant =
        ((low[half * 64 + run % 2 * 32 + i] >> (run / 2 * 4)) & 0xF) | (((high[half * 32 + i] >> (run * 2)) & 3) << 4);
    const float group_scale = scale * static_cast<float>(static_cast<std::int8_t>(block[192 + element / 16]));
    *out++ = group_scale * static_cast<float>(quant - 32);
  }
}

}  // namespace

void dequantize_rows(const GgufTensor& tensor, std::int64_t first_row, std::int64_t num_rows, std::span<float> out) {
  const auto block = *gguf_layout(static_cast<std::uint32_t>(tensor.type));
  const auto row_length = static_cast<std::uint64_t>(tensor.shape.back());
  const std::uint64_t row_bytes = row_length / block.elements * block.bytes;
  const auto first = static_cast<std::uint64_t>(first_row), count = static_cast<std::uint64_t>(num_rows);
  const std::uint64_t rows = tensor.data.size() / row_bytes;
  if (first > rows || count > rows - first || out.size() != count * row_length) {
    throw Error(fmt::format("{}: tensor {}: rows {} to {} do not fit the buffer or the tensor.", tensor.where,
                            tensor.name, first, first + count));
  }
  const std::byte* source = tensor.data.data() + first * row_bytes;
  const std::uint64_t num_blocks = count * row_length / block.elements;
  float* to = out.data();
  if (tensor.type == GgufType::kF32) {
    std::memcpy(to, source, num_blocks * 4);
    return;
  }
  for (std::uint64_t b = 0; b < num_blocks; ++b, source += block.bytes, to += block.elements) {
    switch (tensor.type) {
      case GgufType::kF16:
        *to = half_at(source);
        break;
      case GgufType::kBF16:
        *to = core::bfloat16_to_float(read_as<std::uint16_t>(source));
        break;
      case GgufType::kQ8_0: {  // scale, 32 signed bytes
        const float scale = half_at(source);
        for (int i = 0; i < 32; ++i) to[i] = scale * static_cast<float>(static_cast<std::int8_t>(source[2 + i]));
        break;
      }
      case GgufType::kQ4_0: {  // scale, 16 bytes; the low nibble is element i, the high one i + 16, both less 8
        const float scale = half_at(source);
        for (int i = 0; i < 16; ++i) {
          const auto packed = static_cast<std::uint8_t>(source[2 + i]);
          to[i] = scale * static_cast<float>((packed & 0xF) - 8);
          to[i + 16] = scale * static_cast<float>((packed >> 4) - 8);
        }
        break;
      }
      case GgufType::kQ4_1: {  // scale, minimum, 16 bytes
        const float scale = half_at(source), minimum = half_at(source + 2);
        for (int i = 0; i < 16; ++i) {
          const auto packed = static_cast<std::uint8_t>(source[4 + i]);
          to[i] = scale * static_cast<float>(packed & 0xF) + minimum;
          to[i + 16] = scale * static_cast<float>(packed >> 4) + minimum;
        }
        break;
      }
      case GgufType::kQ5_0: {  // scale, 32 fifth bits, 16 bytes as in Q4_0; less 16
        const float scale = half_at(source);
        const auto high = read_as<std::uint32_t>(source + 2);
        for (int i = 0; i < 32; ++i) {
          const int nibble = (static_cast<std::uint8_t>(source[6 + i % 16]) >> (i / 16 * 4)) & 0xF;
          to[i] = scale * static_cast<float>((nibble | static_cast<int>((high >> i) & 1) << 4) - 16);
        }
        break;
      }
      case GgufType::kQ5_1: {  // scale, minimum, 32 fifth bits, 16 bytes
        const float scale = half_at(source), minimum = half_at(source + 2);
        const auto high = read_as<std::uint32_t>(source + 4);
        for (int i = 0; i < 32; ++i) {
          const int nibble = (static_cast<std::uint8_t>(source[8 + i % 16]) >> (i / 16 * 4)) & 0xF;
          to[i] = scale * static_cast<float>(nibble | static_cast<int>((high >> i) & 1) << 4) + minimum;
        }
        break;
      }
      case GgufType::kQ4_K:
        dequantize_q4_k_or_q5_k(source, /*has_fifth_bit=*/false, to);
        break;
      case GgufType::kQ5_K:
        dequantize_q4_k_or_q5_k(source, /*has_fifth_bit=*/true, to);
        break;
      case GgufType::kQ6_K:
        dequantize_q6_k(source, to);
        break;
      case GgufType::kF32:
        break;  // copied above
    }
  }
}

}  // namespace radonc::formats
