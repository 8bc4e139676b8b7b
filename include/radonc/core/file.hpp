// Files: whole reads, atomic writes, and read-only memory maps.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "radonc/core/export.hpp"

namespace radonc::core {

/// The whole file as bytes. Throws radonc::Error naming the path if it cannot be read.
RADONC_API std::string read_file(const std::filesystem::path& path);

/// Writes `content` under a temporary name in the same folder, flushes it to disk and renames it, so that the final
/// name holds either the old content or all of the new one. Creates missing folders.
/// Throws radonc::Error naming the path if the folder cannot be written.
RADONC_API void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// The same for content too large for memory: pieces go to the temporary file, and commit() gives it its name.
/// Without commit(), as when an exception passes by, nothing is left behind.
/// Constructor, write() and commit() throw radonc::Error naming the path if it cannot be written.
class RADONC_API AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> piece);
  void commit();

 private:
  [[noreturn]] void fail() const;  // with errno's reason

  std::filesystem::path path_;
  std::string temporary_;
  int file_ = -1;
  bool committed_ = false;
};

/// Takes away what AtomicFile leaves in a folder, and in the folders in it, where a process was killed while it wrote.
/// Nobody else may be writing there. Throws radonc::Error naming the folder if that fails.
RADONC_API void remove_unfinished_files(const std::filesystem::path& folder);

/// Creates the folder if need be and proves that a file can be written in it. Throws radonc::Error otherwise.
RADONC_API void require_writable_folder(const std::filesystem::path& folder);

/// Lets the system take back the pages of a mapped file that lie within `bytes`; they are read again when touched.
RADONC_API void release_pages(std::span<const std::byte> bytes);

/// A file mapped read-only; the bytes stay valid as long as a copy of the map lives.
class RADONC_API MappedFile {
 public:
  /// Throws radonc::Error naming the path if it cannot be opened or mapped.
  explicit MappedFile(const std::filesystem::path& path);

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
  std::shared_ptr<void> mapping_;  // unmaps when the last copy goes
};

}  // namespace radonc::core
