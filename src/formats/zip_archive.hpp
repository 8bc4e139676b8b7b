// Zip archives whose entries are stored as they are: what torch.save writes.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace radonc::formats {

/// Names and contents, both inside the file's bytes.
using ZipEntries = std::map<std::string_view, std::span<const std::byte>>;

/// Checks the whole directory: that it and every entry lie inside the file, that both of an entry's headers agree and
/// nothing overlaps. Checksums are not compared: that would read the whole file, and torch.save may leave them out.
/// Throws radonc::Error naming the file, and the entry if it is encrypted or compressed.
ZipEntries read_zip(std::span<const std::byte> file, const std::string& where);

}  // namespace radonc::formats
