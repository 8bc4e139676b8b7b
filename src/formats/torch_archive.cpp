#include "radonc/formats/torch_archive.hpp"

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <string_view>

#include "core/file_text.hpp"
#include "formats/torch_pickle.hpp"
#include "formats/zip_archive.hpp"
#include "radonc/core/error.hpp"

namespace radonc::formats {
namespace {

std::string_view text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Files of PyTorch before 1.6 are a pickle that begins with this number.
bool is_old_format(std::span<const std::byte> file) {
  constexpr std::string_view kMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14);
  return text(file).starts_with(kMagic);
}

/// The folder that everything in the archive lies in: the one with data.pkl.
std::string archive_folder(const ZipEntries& entries, const std::string& where) {
  constexpr std::string_view kPickle = "/data.pkl";
  const std::string_view* found = nullptr;
  for (const auto& [name, bytes] : entries) {
    if (!name.ends_with(kPickle) || name.find('/') != name.size() - kPickle.size()) continue;
    if (found != nullptr) throw Error(fmt::format("{}: holds two data.pkl. The file is damaged.", where));
    found = &name;
  }
  if (found == nullptr)
    throw Error(fmt::format("{}: a zip archive without data.pkl, so no file of torch.save. Check the path.", where));
  return std::string(found->substr(0, found->size() - kPickle.size() + 1));
}

/// The number of elements; 0 and more.
std::uint64_t count_elements(const PickledTensor& tensor, const std::string& where) {
  std::uint64_t count = 1;
  for (const std::int64_t extent : tensor.shape) {
    if (extent < 0 || (extent > 0 && count > (std::uint64_t{1} << 60) / static_cast<std::uint64_t>(extent)))
      throw Error(fmt::format("{}: tensor {} has an impossible shape.", where, core::readable(tensor.name)));
    count *= static_cast<std::uint64_t>(extent);
  }
  return count;
}

/// Row after row, as torch means it: an extent of 1 may have any stride.
bool is_contiguous(const PickledTensor& tensor, std::uint64_t count) {
  if (count == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];
  }
  return true;
}

std::span<const std::byte> tensor_bytes(const PickledTensor& tensor, const ZipEntries& entries,
                                        const std::string& folder, const std::string& where) {
  const std::string name = core::readable(tensor.name);
  const auto storage = entries.find(fmt::format("{}data/{}", folder, tensor.storage));
  if (storage == entries.end()) {
    throw Error(fmt::format("{}: tensor {}: its storage {} is not in the file. The file is damaged.", where, name,
                            core::readable(tensor.storage)));
  }
  const std::span<const std::byte> bytes = storage->second;
  const std::uint64_t stored = bytes.size() / tensor.element_size;
  if (tensor.storage_size < 0 || static_cast<std::uint64_t>(tensor.storage_size) != stored ||
      bytes.size() % tensor.element_size != 0) {
    throw Error(fmt::format("{}: tensor {}: its storage holds {} bytes, not {} {}s. The file is damaged.", where, name,
                            bytes.size(), tensor.storage_size, tensor.dtype));
  }
  const std::uint64_t count = count_elements(tensor, where);
  if (!is_contiguous(tensor, count)) {
    throw Error(
        fmt::format("{}: tensor {} is not contiguous. Call contiguous() on it before torch.save, or convert "
                    "the file to safetensors.",
                    where, name));
  }
  const auto offset = static_cast<std::uint64_t>(tensor.storage_offset);  // a negative one becomes huge
  if (offset > stored || count > stored - offset)
    throw Error(fmt::format("{}: tensor {} reaches beyond its storage. The file is damaged.", where, name));
  return bytes.subspan(offset * tensor.element_size, count * tensor.element_size);
}

}  // namespace

TorchArchive::TorchArchive(const std::filesystem::path& path) : file_(path) {
  const std::string where = path.string();
  if (is_old_format(file_.bytes())) {
    throw Error(
        fmt::format("{}: written in the format that PyTorch had before 1.6. Save it again: "
                    "torch.save(torch.load(path, weights_only=True), path).",
                    where));
  }
  const ZipEntries entries = read_zip(file_.bytes(), where);
  const std::string folder = archive_folder(entries, where);
  const auto byte_order = entries.find(folder + "byteorder");
  if (byte_order != entries.end() && text(byte_order->second) != "little") {
    throw Error(fmt::format("{}: its byte order is {}, expected little. Save it again on a little-endian machine.",
                            where, core::readable(text(byte_order->second))));
  }
  for (PickledTensor& tensor : read_torch_pickle(entries.find(folder + "data.pkl")->second, where)) {
    const auto bytes = tensor_bytes(tensor, entries, folder, where);
    tensors_.push_back(
        {.name = std::move(tensor.name), .dtype = tensor.dtype, .shape = std::move(tensor.shape), .bytes = bytes});
  }
}

}  // namespace radonc::formats
