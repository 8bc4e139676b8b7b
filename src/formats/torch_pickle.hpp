// The pickle inside a file of torch.save: the tensors of a state dict, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace radonc::formats {

/// A tensor as the pickle describes it; nothing is checked against the storage yet.
struct PickledTensor {
  std::string name;
  const char* dtype;            ///< as in safetensors
  std::uint64_t element_size;   ///< in bytes
  std::string_view storage;     ///< its key, inside the pickle's bytes
  std::int64_t storage_size;    ///< in elements
  std::int64_t storage_offset;  ///< in elements
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  ///< as many as the shape has extents
};

/// Reads what torch.save writes for a dictionary of tensors. Runs nothing: a pickle is a program, of which the few
/// instructions needed are interpreted here, and any other is an error.
/// Throws radonc::Error naming the file, the place in the pickle and what was refused. The tensors come by name.
std::vector<PickledTensor> read_torch_pickle(std::span<const std::byte> code, const std::string& where);

}  // namespace radonc::formats
