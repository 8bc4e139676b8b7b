// Files of torch.save put together by hand, to put them together wrongly.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wrestrict"  // GCC 12 takes "text" + std::string for an overlap: its bug 105651
#endif

namespace radonc::test {

template <typename T>
std::string little_endian(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

struct ZipItem {
  std::string name;
  std::string content;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
};

/// With `zip64`, every size and place stands in the ZIP64 records, as in a file beyond 4 GiB.
inline std::string zip(const std::vector<ZipItem>& items, bool zip64 = false) {
  using U16 = std::uint16_t;
  using U32 = std::uint32_t;
  using U64 = std::uint64_t;
  const auto u32 = [&](std::size_t value) { return little_endian(zip64 ? ~U32{0} : static_cast<U32>(value)); };
  const auto u16 = [&](std::size_t value) { return little_endian(zip64 ? U16{0xFFFF} : static_cast<U16>(value)); };
  std::string file;
  std::string directory;
  for (const ZipItem& item : items) {
    const std::size_t size = item.content.size();
    std::string longer;
    if (zip64)  // after an extra field of another kind
      longer = little_endian(U16{99}) + little_endian(U16{2}) + "xy" + little_endian(U16{1}) + little_endian(U16{24}) +
               little_endian(U64{size}) + little_endian(U64{size}) + little_endian(U64{file.size()});
    const std::string common = little_endian(item.flags) + little_endian(item.method) + std::string(8, '\0') +
                               u32(size) + u32(size) + little_endian(static_cast<U16>(item.name.size()));
    directory += little_endian(U32{0x02014b50}) + std::string(4, '\0') + common +
                 little_endian(static_cast<U16>(longer.size())) + std::string(10, '\0') + u32(file.size()) + item.name +
                 longer;
    file += little_endian(U32{0x04034b50}) + std::string(2, '\0') + common + little_endian(U16{0}) + item.name +
            item.content;
  }
  const std::size_t begin = file.size();
  file += directory;
  if (zip64) {
    const std::size_t end = file.size();
    file += little_endian(U32{0x06064b50}) + little_endian(U64{44}) + std::string(12, '\0') +
            little_endian(U64{items.size()}) + little_endian(U64{items.size()}) + little_endian(U64{directory.size()}) +
            little_endian(U64{begin});
    file += little_endian(U32{0x07064b50}) + std::string(4, '\0') + little_endian(U64{end}) + little_endian(U32{1});
  }
  return file + little_endian(U32{0x06054b50}) + std::string(4, '\0') + u16(items.size()) + u16(items.size()) +
         u32(directory.size()) + u32(begin) + std::string(2, '\0');
}

// Pieces of pickle.

inline std::string text(const std::string& value) {
  return "X" + little_endian(static_cast<std::uint32_t>(value.size())) + value;
}

inline std::string number(std::int64_t value) {
  return std::string("\x8a\x08") + little_endian(value);
}

inline std::string numbers(std::initializer_list<std::int64_t> values) {
  std::string result = "(";
  for (const std::int64_t value : values) result += number(value);
  return result + "t";
}

inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

inline std::string storage(std::int64_t size, const std::string& key = "0", const std::string& type = "FloatStorage") {
  return "(" + text("storage") + global("torch", type) + text(key) + text("cpu") + number(size) + "tQ";
}

inline const std::string kOrderedDict = global("collections", "OrderedDict") + ")R";

/// Strides and shape as `numbers`.
inline std::string tensor(const std::string& storage, std::int64_t offset, const std::string& shape,
                          const std::string& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") + "(" + storage + number(offset) + shape + strides + "\x89" +
         kOrderedDict + "tR";
}

/// A whole pickle of a dictionary; `items` are its names and values.
inline std::string dictionary(const std::string& items) {
  return "\x80\x02}(" + items + "u.";
}

}  // namespace radonc::test
