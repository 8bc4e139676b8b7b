// Files of torch.save (.pth, .pt, .bin) that hold a state dict.
#pragma once

#include <filesystem>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/safetensors.hpp"

namespace radonc::formats {

/// A memory-mapped state dict; its tensors' bytes stay valid as long as it lives, and are not aligned.
/// Such a file is a program in Python's pickle language. Nothing of it is run: a small reader takes the tensors of a
/// dictionary and refuses whatever else the file asks for.
class RADONC_API TorchArchive {
 public:
  /// Checks all but the tensors' values: that every tensor lies inside its storage and the storage inside the file.
  /// Throws radonc::Error naming the file and the tensor, or what the file wants to run. Tensors that are not
  /// contiguous, nested dictionaries, and the format of PyTorch before 1.6 are refused.
  explicit TorchArchive(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  /// By name; several may share bytes.
  [[nodiscard]] const std::vector<SafetensorsTensor>& tensors() const { return tensors_; }

 private:
  core::MappedFile file_;
  std::vector<SafetensorsTensor> tensors_;
};

}  // namespace radonc::formats
