// GGUF files, version 3: llama.cpp's container of metadata and quantised tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::formats {

/// Element types that radonc reads, with their numbers in the file.
enum class GgufType : std::uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kBF16 = 30,
};

struct RADONC_API GgufTensor {
  std::string name;
  std::vector<std::int64_t> shape;  ///< outermost first, as in PyTorch: the reverse of the file's order
  GgufType type = GgufType::kF32;
  std::span<const std::byte> data;
  std::string where;  ///< the file, for messages
};

/// A memory-mapped GGUF file. Tensors' data stay valid as long as the file object or a copy of it lives.
class RADONC_API GgufFile {
 public:
  /// Checks the whole header and that every tensor lies inside the file, before anything large is allocated.
  /// Throws radonc::Error naming the file and the key or tensor.
  explicit GgufFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const;

  // Metadata; nothing if the key is absent. Throws radonc::Error naming the key if it has another type.
  [[nodiscard]] std::optional<std::string> string(const std::string& key) const;
  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer(const std::string& key) const;
  [[nodiscard]] std::optional<double> number(const std::string& key) const;
  [[nodiscard]] std::optional<bool> boolean(const std::string& key) const;
  [[nodiscard]] const std::vector<std::string>* strings(const std::string& key) const;
  [[nodiscard]] const std::vector<double>* numbers(const std::string& key) const;

  [[nodiscard]] bool has_tensor(const std::string& name) const;
  /// Throws radonc::Error naming file and tensor if it is missing.
  [[nodiscard]] const GgufTensor& tensor(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, GgufTensor>& tensors() const;

 private:
  struct Contents;
  std::shared_ptr<const Contents> contents_;  // shared by copies
};

/// Rows [first_row, first_row + num_rows) of a tensor as float32, into out [num_rows · row length].
/// A tensor of one dimension is one row. Throws radonc::Error if `out` has another size.
/// The values are those of gguf.quants.dequantize in llama.cpp's Python package, bit for bit.
RADONC_API void dequantize_rows(const GgufTensor& tensor, std::int64_t first_row, std::int64_t num_rows,
                                std::span<float> out);

}  // namespace radonc::formats
