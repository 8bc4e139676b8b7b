#include "radonc/formats/gguf_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <type_traits>

#include "formats/gguf_layout.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/core/float16.hpp"

namespace radonc::formats {
namespace {

constexpr std::size_t kLongestTensorName = 63;  // GGML_MAX_NAME less the final zero
constexpr std::uint64_t kQ8Elements = 32, kQ8Bytes = 34;

template <typename T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append(std::string& out, const std::string& text) {
  append(out, std::uint64_t{text.size()});
  out += text;
}

template <typename T>
constexpr std::uint32_t type_number() {
  if constexpr (std::is_same_v<T, std::string>) return kString;
  if constexpr (std::is_same_v<T, std::uint32_t>) return kU32;
  if constexpr (std::is_same_v<T, std::int32_t>) return kI32;
  if constexpr (std::is_same_v<T, float>) return kFloat32;
  if constexpr (std::is_same_v<T, bool>) return kBool;
  return kArray;
}

void append_value(std::string& out, const GgufValue& value, const std::string& what) {
  const auto append_typed = [&](const auto& held) {
    using Held = std::decay_t<decltype(held)>;
    append(out, type_number<Held>());
    if constexpr (type_number<Held>() == kArray) {
      if (held.size() > kLongestArray) throw Error(fmt::format("{} has {} items: too many.", what, held.size()));
      append(out, type_number<typename Held::value_type>());
      append(out, std::uint64_t{held.size()});
      for (const auto& item : held) append(out, item);
    } else {
      append(out, held);
    }
  };
  std::visit(append_typed, value);
}

/// The tensor's size in the file. Throws radonc::Error if name, shape or type are not allowed.
std::uint64_t checked_size(const GgufTensorSource& tensor, const std::string& where) {
  const std::string what = fmt::format("{}: tensor {}", where, tensor.name);
  if (tensor.name.empty() || tensor.name.size() > kLongestTensorName)
    throw Error(fmt::format("{}: a tensor's name takes 1 to {} bytes. Give it another.", what, kLongestTensorName));
  const auto block = gguf_layout(static_cast<std::uint32_t>(tensor.type));
  if (!block) throw Error(fmt::format("{}: unknown element type; expected {}.", what, kGgufTypeNames));
  if (tensor.shape.empty() || tensor.shape.size() > 4)
    throw Error(fmt::format("{} has {} dimensions; expected 1 to 4. Reshape it.", what, tensor.shape.size()));
  std::uint64_t elements = 1;
  for (const std::int64_t extent : tensor.shape) {
    if (extent <= 0 || elements > kMostElements / static_cast<std::uint64_t>(extent))
      throw Error(fmt::format("{} has an impossible shape: an extent of {}.", what, extent));
    elements *= static_cast<std::uint64_t>(extent);
  }
  if (static_cast<std::uint64_t>(tensor.shape.back()) % block->elements != 0) {
    throw Error(fmt::format("{}: rows of {} do not fill blocks of {}. Write it as F16 or F32.", what,
                            tensor.shape.back(), block->name));
  }
  if (!tensor.deliver) throw Error(fmt::format("{}: nothing delivers its bytes. Set `deliver`.", what));
  return elements / block->elements * block->bytes;
}

std::uint64_t padding(std::uint64_t size) {
  return (kGgufAlignment - size % kGgufAlignment) % kGgufAlignment;
}

std::string header(const std::map<std::string, GgufValue>& metadata, const std::vector<GgufTensorSource>& tensors,
                   const std::vector<std::uint64_t>& sizes, const std::string& where) {
  std::string out = "GGUF";
  append(out, std::uint32_t{3});
  append(out, std::uint64_t{tensors.size()});
  append(out, std::uint64_t{metadata.size()});
  for (const auto& [key, value] : metadata) {
    const std::string what = fmt::format("{}: key {}", where, key);
    if (key.empty()) throw Error(fmt::format("{}: a metadata key is empty. Give it a name.", where));
    if (key == "general.alignment" && value != GgufValue(static_cast<std::uint32_t>(kGgufAlignment)))
      throw Error(fmt::format("{}: only {} is written. Leave the key out.", what, kGgufAlignment));
    append(out, key);
    append_value(out, value, what);
  }
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const GgufTensorSource& tensor = tensors[i];
    append(out, tensor.name);
    append(out, static_cast<std::uint32_t>(tensor.shape.size()));
    for (auto extent = tensor.shape.rbegin(); extent != tensor.shape.rend(); ++extent) append(out, *extent);
    append(out, static_cast<std::uint32_t>(tensor.type));
    append(out, offset);
    offset += sizes[i] + padding(sizes[i]);
  }
  out.append(padding(out.size()), '\0');
  return out;
}

}  // namespace

void write_gguf(const std::filesystem::path& path, const std::map<std::string, GgufValue>& metadata,
                const std::vector<GgufTensorSource>& tensors) {
  const std::string where = path.string();
  std::set<std::string> names;
  std::vector<std::uint64_t> sizes;
  for (const GgufTensorSource& tensor : tensors) {
    sizes.push_back(checked_size(tensor, where));
    if (!names.insert(tensor.name).second)
      throw Error(fmt::format("{}: two tensors are named {}. Rename one.", where, tensor.name));
  }
  const std::string head = header(metadata, tensors, sizes, where);

  core::AtomicFile file(path);
  file.write(std::as_bytes(std::span(head)));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    std::uint64_t missing = sizes[i];
    const auto fail = [&](const char* how) {
      throw Error(
          fmt::format("{}: tensor {}: its callback delivered {} than the {} bytes of its shape and type. "
                      "Check the shape.",
                      where, tensors[i].name, how, sizes[i]));
    };
    tensors[i].deliver([&](std::span<const std::byte> piece) {
      if (piece.size() > missing) fail("more");
      file.write(piece);
      missing -= piece.size();
    });
    if (missing > 0) fail("less");
    const std::string zeros(padding(sizes[i]), '\0');
    file.write(std::as_bytes(std::span(zeros)));
  }
  file.commit();
}

void quantize_q8_0(std::span<const float> values, std::span<std::byte> out) {
  if (values.size() % kQ8Elements != 0 || out.size() != values.size() / kQ8Elements * kQ8Bytes) {
    throw Error(fmt::format("Q8_0: {} values do not fill blocks of {}, or do not fit the {} bytes given for them.",
                            values.size(), kQ8Elements, out.size()));
  }
  constexpr float kTooLarge = 127 * 65520.0F;  // 65520 is the first number that float16 rounds to infinity
  std::byte* to = out.data();
  for (std::size_t first = 0; first < values.size(); first += kQ8Elements) {
    float largest = 0;
    for (std::size_t i = first; i < first + kQ8Elements; ++i) {
      const float magnitude = std::abs(values[i]);
      if (!(magnitude < kTooLarge))  // or not a number
        throw Error(fmt::format("Q8_0: value {} is {}, which has no place there. Check the weights.", i, values[i]));
      largest = std::max(largest, magnitude);
    }
    const float scale = largest / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    if (std::isinf(inverse)) inverse = 0;  // the reference's result is then undefined; the scale is written as 0
    const std::uint16_t half = core::float_to_half(scale);
    std::memcpy(to, &half, sizeof half);
    to += sizeof half;
    for (std::size_t i = first; i < first + kQ8Elements; ++i)
      *to++ = static_cast<std::byte>(static_cast<std::int8_t>(std::round(values[i] * inverse)));
  }
}

}  // namespace radonc::formats
