// Safetensors files: a JSON header, then the tensors' bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/core/file.hpp"

namespace radonc::formats {

/// A tensor in a file, or one to be written.
struct RADONC_API SafetensorsTensor {
  std::string name;
  std::string dtype;  ///< "F32", "F16", "BF16", "U8", "I64" …
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};
using SafetensorsView = SafetensorsTensor;

/// A memory-mapped file; its tensors' bytes stay valid as long as it lives.
class RADONC_API SafetensorsFile {
 public:
  /// Checks the whole header: that it and every tensor lie inside the file, that sizes agree and nothing overlaps.
  /// Throws radonc::Error naming the file and the tensor.
  explicit SafetensorsFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] const std::vector<SafetensorsTensor>& tensors() const { return tensors_; }  ///< by name
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  core::MappedFile file_;
  std::vector<SafetensorsTensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Writes a file whole or not at all; the same tensors give the same bytes whatever their order.
/// Throws radonc::Error if a tensor's bytes do not fill its shape, or if the file cannot be written.
RADONC_API void write_safetensors(const std::filesystem::path& path, std::vector<SafetensorsView> tensors,
                                  const std::map<std::string, std::string>& metadata = {});

}  // namespace radonc::formats
