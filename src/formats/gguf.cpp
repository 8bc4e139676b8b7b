#include "radonc/formats/gguf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <variant>

#include "formats/gguf_layout.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"

namespace radonc::formats {
namespace {

/// What an unsupported element type is called; its number if llama.cpp has no such type.
std::string foreign_type(std::uint32_t type) {
  static const std::map<std::uint32_t, const char*> kNames = {
      {9, "Q8_1"}, {10, "Q2_K"}, {11, "Q3_K"}, {15, "Q8_K"}, {20, "IQ4_NL"}, {23, "IQ4_XS"},
      {24, "I8"},  {25, "I16"},  {26, "I32"},  {27, "I64"},  {28, "F64"}};
  const auto found = kNames.find(type);
  return found == kNames.end() ? fmt::format("number {}", type) : found->second;
}

/// Bytes of one value of a metadata type in the file; a string takes at least its length.
std::uint64_t least_size(std::uint32_t type) {
  switch (type) {
    case kU16:
    case kI16:
      return 2;
    case kU32:
    case kI32:
    case kFloat32:
      return 4;
    case kString:
    case kU64:
    case kI64:
    case kFloat64:
      return 8;
    default:
      return 1;
  }
}

/// Numbers are kept as double where that is exact, else as the integer itself.
using Value =
    std::variant<std::uint64_t, std::int64_t, double, bool, std::string, std::vector<std::string>, std::vector<double>>;

/// Walks the header and never past its end.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  template <typename T>
  T take(const std::string& what) {
    need(sizeof(T), what);
    const T value = read_as<T>(bytes_.data() + at_);
    at_ += sizeof(T);
    return value;
  }

  std::string take_string(const std::string& what) {
    const auto length = take<std::uint64_t>(what);
    need(length, what);
    std::string value(reinterpret_cast<const char*>(bytes_.data() + at_), length);
    at_ += length;
    return value;
  }

  void need(std::uint64_t count, const std::string& what) const {
    if (count > bytes_.size() - at_)
      throw Error(fmt::format("{}: the file ends inside {}. It is truncated or damaged: copy it again.", where_, what));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}: {}. The file is damaged, or of a kind that radonc does not read.", where_, what));
  }

  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  std::span<const std::byte> bytes_;
  std::string where_;
  std::size_t at_ = 0;
};

Value read_value(Reader& reader, std::uint32_t type, const std::string& key) {
  switch (type) {
    case kU8:
      return std::uint64_t{reader.take<std::uint8_t>(key)};
    case kU16:
      return std::uint64_t{reader.take<std::uint16_t>(key)};
    case kU32:
      return std::uint64_t{reader.take<std::uint32_t>(key)};
    case kU64:
      return reader.take<std::uint64_t>(key);
    case kI8:
      return std::int64_t{reader.take<std::int8_t>(key)};
    case kI16:
      return std::int64_t{reader.take<std::int16_t>(key)};
    case kI32:
      return std::int64_t{reader.take<std::int32_t>(key)};
    case kI64:
      return reader.take<std::int64_t>(key);
    case kFloat32:
      return static_cast<double>(reader.take<float>(key));
    case kFloat64:
      return reader.take<double>(key);
    case kBool:
      return reader.take<std::uint8_t>(key) != 0;
    case kString:
      return reader.take_string(key);
    case kArray:
      break;
    default:
      reader.fail(fmt::format("key {} has the unknown type {}", key, type));
  }
  const auto item_type = reader.take<std::uint32_t>(key);
  const auto count = reader.take<std::uint64_t>(key);
  if (item_type == kArray) reader.fail(fmt::format("key {} is an array of arrays", key));
  if (count > kLongestArray) reader.fail(fmt::format("key {} claims {} items", key, count));
  reader.need(count * least_size(item_type), key);
  if (item_type == kString) {
    std::vector<std::string> items;
    for (std::uint64_t i = 0; i < count; ++i) items.push_back(reader.take_string(key));
    return items;
  }
  std::vector<double> items;
  for (std::uint64_t i = 0; i < count; ++i) {
    items.push_back(std::visit(
        [](const auto& value) -> double {
          if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>) return static_cast<double>(value);
          return 0;
        },
        read_value(reader, item_type, key)));
  }
  return items;
}

}  // namespace

struct GgufFile::Contents {
  explicit Contents(const std::filesystem::path& path);

  /// The key's value if the file has it.
  [[nodiscard]] const Value* find(const std::string& key) const {
    const auto found = metadata.find(key);
    return found == metadata.end() ? nullptr : &found->second;
  }
  [[noreturn]] void fail_type(const std::string& key, const char* expected) const {
    throw Error(fmt::format("{}: key {}: expected {}. The file is damaged.", file.path().string(), key, expected));
  }
  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer(const std::string& key) const;

  core::MappedFile file;
  std::map<std::string, Value> metadata;
  std::map<std::string, GgufTensor> tensors;
};

GgufFile::Contents::Contents(const std::filesystem::path& path) : file(path) {
  const std::string where = path.string();
  const auto bytes = file.bytes();
  Reader reader(bytes, where);
  if (bytes.size() < 4 || std::memcmp(bytes.data(), "GGUF", 4) != 0)
    throw Error(fmt::format("{}: expected a GGUF file, but it does not begin with GGUF. Name a model file.", where));
  reader.take<std::uint32_t>("the magic");
  const auto version = reader.take<std::uint32_t>("the version");
  if (version != 2 && version != 3) reader.fail(fmt::format("expected GGUF version 3, got {}", version));
  const auto num_tensors = reader.take<std::uint64_t>("the number of tensors");
  const auto num_keys = reader.take<std::uint64_t>("the number of keys");
  for (std::uint64_t i = 0; i < num_keys; ++i) {
    const std::string key = reader.take_string("a metadata key");
    const auto type = reader.take<std::uint32_t>(key);
    metadata.insert_or_assign(key, read_value(reader, type, key));
  }

  struct Entry {
    GgufTensor tensor;
    std::uint64_t offset, size;
  };
  std::vector<Entry> entries;
  for (std::uint64_t i = 0; i < num_tensors; ++i) {
    Entry entry{.tensor = {.name = reader.take_string("a tensor's name"), .where = where}, .offset = 0, .size = 0};
    const std::string what = fmt::format("tensor {}", entry.tensor.name);
    const auto dimensions = reader.take<std::uint32_t>(what);
    if (dimensions == 0 || dimensions > 4) reader.fail(fmt::format("{} has {} dimensions", what, dimensions));
    std::uint64_t elements = 1, row = 1;
    for (std::uint32_t d = 0; d < dimensions; ++d) {
      const auto extent = reader.take<std::uint64_t>(what);
      if (extent == 0 || elements > kMostElements / extent)
        reader.fail(fmt::format("{} has an impossible shape", what));
      elements *= extent;
      if (d == 0) row = extent;
      entry.tensor.shape.insert(entry.tensor.shape.begin(), static_cast<std::int64_t>(extent));
    }
    const auto type = reader.take<std::uint32_t>(what);
    const auto block = gguf_layout(type);
    if (!block) {
      reader.fail(fmt::format("{} has the element type {}; expected {}", what, foreign_type(type), kGgufTypeNames));
    }
    if (row % block->elements != 0)
      reader.fail(fmt::format("{}: rows of {} do not fill blocks of {}", what, row, block->name));
    entry.tensor.type = static_cast<GgufType>(type);
    entry.offset = reader.take<std::uint64_t>(what);
    entry.size = elements / block->elements * block->bytes;
    entries.push_back(std::move(entry));
  }

  const std::uint64_t alignment = unsigned_integer("general.alignment").value_or(kGgufAlignment);
  if (!std::has_single_bit(alignment) || alignment > 65536) reader.fail("general.alignment is impossible");
  const std::uint64_t data_begin = (reader.at() + alignment - 1) / alignment * alignment;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;  // begin, end
  for (Entry& entry : entries) {
    if (entry.offset % alignment != 0) {
      reader.fail(fmt::format("tensor {} begins at {}, which is no multiple of the alignment {}", entry.tensor.name,
                              entry.offset, alignment));
    }
    const std::uint64_t room = bytes.size() > data_begin ? bytes.size() - data_begin : 0;
    if (entry.offset > room || entry.size > room - entry.offset) {
      throw Error(fmt::format("{}: tensor {} reaches beyond the end of the file. It is truncated: copy it again.",
                              where, entry.tensor.name));
    }
    ranges.emplace_back(entry.offset, entry.offset + entry.size);
    entry.tensor.data = bytes.subspan(data_begin + entry.offset, entry.size);
    const std::string name = entry.tensor.name;
    if (!tensors.emplace(name, std::move(entry.tensor)).second)
      reader.fail(fmt::format("tensor {} occurs twice", name));
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].first < ranges[i - 1].second) reader.fail("two tensors overlap");
}

std::optional<std::uint64_t> GgufFile::Contents::unsigned_integer(const std::string& key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<std::uint64_t>(value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(value); number != nullptr && *number >= 0)
    return static_cast<std::uint64_t>(*number);
  fail_type(key, "a whole number, not negative");
}

GgufFile::GgufFile(const std::filesystem::path& path) : contents_(std::make_shared<const Contents>(path)) {}

const std::filesystem::path& GgufFile::path() const {
  return contents_->file.path();
}

std::optional<std::string> GgufFile::string(const std::string& key) const {
  const Value* value = contents_->find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  contents_->fail_type(key, "a string");
}

std::optional<std::uint64_t> GgufFile::unsigned_integer(const std::string& key) const {
  return contents_->unsigned_integer(key);
}

std::optional<double> GgufFile::number(const std::string& key) const {
  const Value* value = contents_->find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<double>(value)) return *number;
  if (const auto* number = std::get_if<std::uint64_t>(value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::int64_t>(value)) return static_cast<double>(*number);
  contents_->fail_type(key, "a number");
}

std::optional<bool> GgufFile::boolean(const std::string& key) const {
  const Value* value = contents_->find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  contents_->fail_type(key, "a truth value");
}

const std::vector<std::string>* GgufFile::strings(const std::string& key) const {
  const Value* value = contents_->find(key);
  if (value == nullptr) return nullptr;
  if (const auto* list = std::get_if<std::vector<std::string>>(value)) return list;
  contents_->fail_type(key, "a list of strings");
}

const std::vector<double>* GgufFile::numbers(const std::string& key) const {
  const Value* value = contents_->find(key);
  if (value == nullptr) return nullptr;
  if (const auto* list = std::get_if<std::vector<double>>(value)) return list;
  contents_->fail_type(key, "a list of numbers");
}

bool GgufFile::has_tensor(const std::string& name) const {
  return contents_->tensors.contains(name);
}

const std::map<std::string, GgufTensor>& GgufFile::tensors() const {
  return contents_->tensors;
}

const GgufTensor& GgufFile::tensor(const std::string& name) const {
  const auto found = contents_->tensors.find(name);
  if (found == contents_->tensors.end())
    throw Error(fmt::format("{}: no tensor {}. The file is not a complete model.", path().string(), name));
  return found->second;
}

}  // namespace radonc::formats
