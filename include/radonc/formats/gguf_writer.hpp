// Writes GGUF files, version 3, as llama.cpp reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/formats/gguf.hpp"

namespace radonc::formats {

/// A metadata key's value. Write std::uint32_t{4}, not 4: the type in the file is the type given.
using GgufValue = std::variant<std::string, std::uint32_t, float, bool, std::vector<std::string>, std::vector<float>,
                               std::vector<std::int32_t>>;

/// Takes the next bytes of a tensor; each call goes to the file, so prefer rows by the hundred to single rows.
using GgufSink = std::function<void(std::span<const std::byte>)>;

/// A tensor to be written. Its bytes are asked for when its turn comes, so that only one need be in memory.
struct RADONC_API GgufTensorSource {
  std::string name;                 ///< at most 63 bytes, which is llama.cpp's limit
  std::vector<std::int64_t> shape;  ///< outermost first, 1 to 4 extents; rows fill whole blocks of `type`
  GgufType type = GgufType::kF32;
  std::function<void(const GgufSink& sink)> deliver;  ///< hands all bytes to the sink, in order, in any pieces
};

/// Writes a file whole or not at all: to a temporary file beside it, flushed to disk, then renamed. The tensors come in
/// the order given, aligned to 32 bytes; the same arguments give the same bytes. Creates missing folders.
/// A model with Q8_0 tensors should have the key general.quantization_version, a std::uint32_t of 2.
/// Throws radonc::Error naming file and tensor or key if one is not allowed, if `deliver` hands over more or fewer
/// bytes than the shape takes, or if the file cannot be written; what `deliver` throws passes through.
///
/// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
RADONC_API void write_gguf(const std::filesystem::path& path, const std::map<std::string, GgufValue>& metadata,
                           const std::vector<GgufTensorSource>& tensors);

/// Blocks of 32 values [n], as a float16 scale and 32 signed bytes: `out` holds n / 32 · 34 bytes. Equal to ggml's
/// reference and to gguf.quants.quantize in llama.cpp's Python package, bit for bit.
/// Throws radonc::Error if the sizes do not fit, or if a value is no number or too large for the scale (over 8.3e6).
RADONC_API void quantize_q8_0(std::span<const float> values, std::span<std::byte> out);

}  // namespace radonc::formats
