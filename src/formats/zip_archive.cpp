#include "formats/zip_archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "core/file_text.hpp"
#include "radonc/core/error.hpp"

namespace radonc::formats {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kZip64End = 0x06064b50;
constexpr std::uint32_t kZip64Locator = 0x07064b50;
constexpr std::uint64_t kLocalHeaderSize = 30;
constexpr std::uint64_t kDirectoryHeaderSize = 46;
constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kZip64EndSize = 56;
constexpr std::uint64_t kZip64LocatorSize = 20;
constexpr std::uint64_t kLongestComment = 65535;
constexpr std::uint64_t kLargestDirectory = std::uint64_t{1} << 26;  // a million entries; bounds what is allocated
constexpr std::uint16_t kEncrypted = 1 | 1 << 6 | 1 << 13;           // the contents, strongly, or the directory
constexpr std::uint16_t kSizesFollow = 1 << 3;                       // the local header holds none
constexpr std::uint16_t kZip64Extra = 1;

/// A field that this value fills stands, longer, in a ZIP64 record.
template <typename T>
constexpr T kElsewhere = std::numeric_limits<T>::max();

struct Directory {
  std::uint64_t begin, end, entries;
};

struct Header {
  std::string_view name;
  std::uint16_t flags, method;
  std::uint64_t stored_size, size, offset;
  std::uint64_t next;  // where the directory's next header begins
};

class ZipReader {
 public:
  ZipReader(std::span<const std::byte> file, const std::string& where) : file_(file), where_(where) {}

  ZipEntries read() const;

 private:
  /// The number at a place in the file; that it lies inside is checked here and nowhere else.
  template <typename T>
  T number(std::uint64_t at) const {
    T value = 0;
    if (at > file_.size() || file_.size() - at < sizeof(T)) lies();
    std::memcpy(&value, file_.data() + at, sizeof(T));
    return value;
  }

  std::string_view text(std::uint64_t at, std::uint64_t size) const {
    if (at > file_.size() || file_.size() - at < size) lies();
    return {reinterpret_cast<const char*>(file_.data() + at), size};
  }

  [[noreturn]] void lies() const {
    throw Error(
        fmt::format("{}: the zip archive's directory does not fit the file. It is damaged: copy it again.", where_));
  }

  [[noreturn]] void refuse(const Header& header, const char* what) const {
    throw Error(fmt::format("{}: entry {} is {}, as torch.save never writes it. Save the file again with torch.save.",
                            where_, core::readable(header.name), what));
  }

  std::uint64_t find_end() const;
  Directory directory() const;
  Header header(std::uint64_t at, std::uint64_t end) const;
  void read_zip64_extra(std::uint64_t at, std::uint64_t end, Header& header) const;
  std::uint64_t data_offset(const Header& header) const;

  std::span<const std::byte> file_;
  const std::string& where_;
};

/// The end record is the last thing in the file but for a comment, whose length it tells.
std::uint64_t ZipReader::find_end() const {
  if (file_.size() >= kEndSize) {
    const std::uint64_t last = file_.size() - kEndSize;
    const std::uint64_t first = last - std::min(last, kLongestComment);
    for (std::uint64_t at = last + 1; at-- > first;)
      if (number<std::uint32_t>(at) == kEnd && number<std::uint16_t>(at + 20) == last - at) return at;
  }
  throw Error(
      fmt::format("{}: expected a file of torch.save, a zip archive; it has no zip directory. It is truncated "
                  "or of another kind: copy it again.",
                  where_));
}

Directory ZipReader::directory() const {
  std::uint64_t end = find_end();
  std::uint64_t entries = number<std::uint16_t>(end + 10);
  std::uint64_t size = number<std::uint32_t>(end + 12);
  std::uint64_t begin = number<std::uint32_t>(end + 16);
  const std::uint64_t disks = number<std::uint32_t>(end + 4);
  if (disks != 0 || number<std::uint16_t>(end + 8) != entries) lies();
  if (end >= kZip64LocatorSize && number<std::uint32_t>(end - kZip64LocatorSize) == kZip64Locator) {
    const std::uint64_t locator = end - kZip64LocatorSize;
    const auto at = number<std::uint64_t>(locator + 8);
    if (locator < kZip64EndSize || at > locator - kZip64EndSize || number<std::uint32_t>(at) != kZip64End ||
        number<std::uint64_t>(at + 4) != locator - at - 12 || number<std::uint32_t>(locator + 4) != 0 ||
        number<std::uint64_t>(at + 16) != 0 || number<std::uint64_t>(at + 24) != number<std::uint64_t>(at + 32))
      lies();
    // Two readers must not see two archives: the short fields hold the same or nothing.
    const auto replace = [&](std::uint64_t& field, std::uint64_t elsewhere, std::uint64_t value) {
      if (field != elsewhere && field != value) lies();
      field = value;
    };
    replace(entries, kElsewhere<std::uint16_t>, number<std::uint64_t>(at + 32));
    replace(size, kElsewhere<std::uint32_t>, number<std::uint64_t>(at + 40));
    replace(begin, kElsewhere<std::uint32_t>, number<std::uint64_t>(at + 48));
    end = at;
  }
  if (size > end || begin != end - size || size > kLargestDirectory || entries > size / kDirectoryHeaderSize) lies();
  return {begin, end, entries};
}

/// The 64-bit fields that stand in place of full 32-bit ones, in this order.
void ZipReader::read_zip64_extra(std::uint64_t at, std::uint64_t end, Header& header) const {
  for (std::uint64_t next; at < end; at = next) {
    if (end - at < 4) lies();
    next = at + 4 + number<std::uint16_t>(at + 2);
    if (next > end) lies();
    if (number<std::uint16_t>(at) != kZip64Extra) continue;
    at += 4;
    for (std::uint64_t* field : {&header.size, &header.stored_size, &header.offset}) {
      if (*field != kElsewhere<std::uint32_t>) continue;
      if (next - at < 8) lies();
      *field = number<std::uint64_t>(at);
      at += 8;
    }
    return;
  }
}

Header ZipReader::header(std::uint64_t at, std::uint64_t end) const {
  if (end - at < kDirectoryHeaderSize || number<std::uint32_t>(at) != kDirectoryHeader) lies();
  const std::uint64_t name_size = number<std::uint16_t>(at + 28);
  const std::uint64_t extra_size = number<std::uint16_t>(at + 30);
  const std::uint64_t comment_size = number<std::uint16_t>(at + 32);
  const std::uint64_t name = at + kDirectoryHeaderSize;
  Header header{.name = text(name, name_size),
                .flags = number<std::uint16_t>(at + 8),
                .method = number<std::uint16_t>(at + 10),
                .stored_size = number<std::uint32_t>(at + 20),
                .size = number<std::uint32_t>(at + 24),
                .offset = number<std::uint32_t>(at + 42),
                .next = name + name_size + extra_size + comment_size};
  if (header.next > end || number<std::uint16_t>(at + 34) != 0) lies();
  read_zip64_extra(name + name_size, name + name_size + extra_size, header);
  if ((header.flags & kEncrypted) != 0) refuse(header, "encrypted");
  if (header.method != 0) refuse(header, "compressed");
  if (header.size != header.stored_size) lies();
  return header;
}

/// Where the contents begin: after the entry's own header, which must tell the same as the directory.
std::uint64_t ZipReader::data_offset(const Header& header) const {
  const std::uint64_t at = header.offset;
  if (number<std::uint32_t>(at) != kLocalHeader || number<std::uint16_t>(at + 6) != header.flags ||
      number<std::uint16_t>(at + 8) != header.method)
    lies();
  const std::uint64_t name_size = number<std::uint16_t>(at + 26);
  const std::uint64_t extra_size = number<std::uint16_t>(at + 28);
  if (text(at + kLocalHeaderSize, name_size) != header.name) lies();
  if ((header.flags & kSizesFollow) == 0) {
    for (const std::uint64_t field : {at + 18, at + 22}) {
      const auto size = number<std::uint32_t>(field);
      if (size != kElsewhere<std::uint32_t> && size != header.size) lies();
    }
  }
  return at + kLocalHeaderSize + name_size + extra_size;
}

ZipEntries ZipReader::read() const {
  const Directory directory = this->directory();
  ZipEntries entries;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  std::uint64_t at = directory.begin;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const Header entry = header(at, directory.end);
    at = entry.next;
    const std::uint64_t data = data_offset(entry);
    if (data > directory.begin || entry.size > directory.begin - data) lies();
    ranges.emplace_back(entry.offset, data + entry.size);
    if (!entries.emplace(entry.name, file_.subspan(data, entry.size)).second)
      throw Error(fmt::format("{}: entry {} occurs twice. The file is damaged.", where_, core::readable(entry.name)));
  }
  if (at != directory.end) lies();
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].first < ranges[i - 1].second) lies();
  return entries;
}

}  // namespace

ZipEntries read_zip(std::span<const std::byte> file, const std::string& where) {
  return ZipReader(file, where).read();
}

}  // namespace radonc::formats
