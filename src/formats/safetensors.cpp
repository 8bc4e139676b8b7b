#include "radonc/formats/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"

namespace radonc::formats {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLargestHeader = 100'000'000;  // the format's own limit

struct ElementType {
  const char* name;
  std::uint64_t size;
};

/// In the reference implementation's order, in which files hold their tensors from the last to the first.
constexpr ElementType kElementTypes[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
                                         {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
                                         {"U32", 4},  {"F32", 4}, {"F64", 8}, {"I64", 8},     {"U64", 8}};

const ElementType* find_type(const std::string& dtype) {
  const auto* found = std::find_if(std::begin(kElementTypes), std::end(kElementTypes),
                                   [&](const ElementType& type) { return dtype == type.name; });
  return found == std::end(kElementTypes) ? nullptr : found;
}

std::uint64_t byte_size(const SafetensorsTensor& tensor, const std::string& where) {
  const ElementType* type = find_type(tensor.dtype);
  if (type == nullptr) throw Error(fmt::format("{}: tensor {}: unknown type {}.", where, tensor.name, tensor.dtype));
  std::uint64_t size = type->size;
  for (const std::int64_t extent : tensor.shape) {
    if (extent < 0 || (extent > 0 && size > (std::uint64_t{1} << 60) / static_cast<std::uint64_t>(extent)))
      throw Error(fmt::format("{}: tensor {} has an impossible shape.", where, tensor.name));
    size *= static_cast<std::uint64_t>(extent);
  }
  return size;
}

/// The header as JSON; nothing that is not an object. A name that comes twice is an error: which one counts?
json parse_header(const char* text, std::uint64_t size, const std::string& where) {
  std::set<std::string> names;
  std::string twice;
  json header = json::parse(
      text, text + size,
      [&](int depth, json::parse_event_t event, json& key) {
        if (event == json::parse_event_t::key && depth == 1 && !names.insert(key.get<std::string>()).second)
          twice = key.get<std::string>();
        return true;
      },
      /*allow_exceptions=*/false);
  if (!header.is_object()) throw Error(fmt::format("{}: the header is not JSON. The file is damaged.", where));
  if (!twice.empty()) throw Error(fmt::format("{}: tensor {} occurs twice. The file is damaged.", where, twice));
  return header;
}

/// Whole numbers only: the JSON library would round 1.5 and take true for 1.
void require_whole(const json& list) {
  for (const json& item : list)
    if (!item.is_number_integer()) throw json::type_error::create(302, "not a whole number", &item);
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(path) {
  const std::string where = path.string();
  const auto bytes = file_.bytes();
  std::uint64_t header_size = 0;
  if (bytes.size() >= 8) std::memcpy(&header_size, bytes.data(), 8);
  if (bytes.size() < 8 || header_size > kLargestHeader || header_size > bytes.size() - 8) {
    throw Error(
        fmt::format("{}: expected a safetensors file; its header reaches beyond the file. It is truncated or of "
                    "another kind: copy it again.",
                    where));
  }
  const auto* text = reinterpret_cast<const char*>(bytes.data() + 8);
  const json header = parse_header(text, header_size, where);
  const auto data = bytes.subspan(8 + header_size);

  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const auto& [name, entry] : header.items()) {
    try {
      if (name == "__metadata__") {
        metadata_ = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      require_whole(entry.at("shape"));
      SafetensorsTensor tensor{.name = name,
                               .dtype = entry.at("dtype").get<std::string>(),
                               .shape = entry.at("shape").get<std::vector<std::int64_t>>(),
                               .bytes = {}};
      for (const json& offset : entry.at("data_offsets"))
        if (!offset.is_number_unsigned())
          throw Error(fmt::format("{}: tensor {}: offsets are not whole numbers.", where, name));
      const auto [begin, end] = entry.at("data_offsets").get<std::pair<std::uint64_t, std::uint64_t>>();
      if (begin > end || end > data.size()) {
        throw Error(fmt::format("{}: tensor {} reaches beyond the end of the file. It is truncated: copy it again.",
                                where, name));
      }
      if (end - begin != byte_size(tensor, where)) {
        throw Error(fmt::format("{}: tensor {}: its {} bytes do not fill its shape. The file is damaged.", where, name,
                                end - begin));
      }
      tensor.bytes = data.subspan(begin, end - begin);
      ranges.emplace_back(begin, end);
      tensors_.push_back(std::move(tensor));
    } catch (const json::exception&) {
      throw Error(fmt::format("{}: the header's entry {} is not well formed. The file is damaged.", where, name));
    }
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second)
      throw Error(fmt::format("{}: two tensors overlap. The file is damaged.", where));
  }
}

void write_safetensors(const std::filesystem::path& path, std::vector<SafetensorsView> tensors,
                       const std::map<std::string, std::string>& metadata) {
  // The order of the reference implementation: wide elements first, so that all are aligned, then by name.
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(find_type(b.dtype), std::string_view(a.name)) <
           std::pair(find_type(a.dtype), std::string_view(b.name));
  });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const SafetensorsView& tensor : tensors) {
    if (header.contains(tensor.name))
      throw Error(fmt::format("{}: two tensors are named {}.", path.string(), tensor.name));
    if (tensor.bytes.size() != byte_size(tensor, path.string()))
      throw Error(fmt::format("{}: tensor {}: its bytes do not fill its shape.", path.string(), tensor.name));
    if (tensor.name == "__metadata__")
      throw Error(fmt::format("{}: a tensor may not be named {}.", path.string(), tensor.name));
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  std::string content = header.dump();
  content.resize((content.size() + 7) / 8 * 8, ' ');
  const std::uint64_t header_size = content.size();
  content.insert(0, reinterpret_cast<const char*>(&header_size), 8);
  content.reserve(content.size() + offset);
  for (const SafetensorsView& tensor : tensors)
    content.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  core::write_file_atomically(path, content);
}

}  // namespace radonc::formats
