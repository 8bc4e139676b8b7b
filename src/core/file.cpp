#include "radonc/core/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "radonc/core/error.hpp"

namespace radonc::core {
namespace {

/// Stands between a name and the process that is writing it.
constexpr const char* kUnfinished = ".tmp";

std::string reason() {
  return std::strerror(errno);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  if (!stream || std::filesystem::is_directory(path) || !(content << stream.rdbuf())) {
    // An empty file sets failbit on the output stream, and is not an error.
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored) && std::filesystem::file_size(path, ignored) == 0) return {};
    throw Error(fmt::format("{}: cannot be read. Check that the file exists and that you may read it.", path.string()));
  }
  return std::move(content).str();
}

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), temporary_(path_.string() + kUnfinished + std::to_string(::getpid())) {
  std::error_code ignored;  // opening says what is wrong
  if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), ignored);
  file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file_ < 0) fail();
}

AtomicFile::~AtomicFile() {
  ::close(file_);
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> piece) {
  while (!piece.empty()) {
    const ssize_t written = ::write(file_, piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    piece = piece.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  if (::fsync(file_) != 0) fail();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
  committed_ = true;
}

void AtomicFile::fail() const {
  throw Error(fmt::format("{}: cannot be written ({}). Choose a folder that you may write to and that has room.",
                          path_.string(), reason()));
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(content)));
  file.commit();
}

void remove_unfinished_files(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> found;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end; entry != end && !error;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::size_t at = name.rfind(kUnfinished);
    if (at == std::string::npos || !entry->is_regular_file(error)) continue;
    const std::string digits = name.substr(at + std::string_view(kUnfinished).size());
    if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos) found.push_back(entry->path());
  }
  for (const auto& path : found)
    if (!error) std::filesystem::remove(path, error);
  if (error)
    throw Error(fmt::format("{}: what a killed process left there cannot be taken away ({}).", folder.string(),
                            error.message()));
}

void require_writable_folder(const std::filesystem::path& folder) {
  const std::filesystem::path probe = folder / fmt::format(".radonc-probe-{}", ::getpid());
  try {
    write_file_atomically(probe, "");
  } catch (const Error&) {
    throw Error(fmt::format("{}: the output folder cannot be written. Choose a folder that you may write to.",
                            folder.string()));
  }
  std::filesystem::remove(probe);
}

void release_pages(std::span<const std::byte> bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(bytes.data() + bytes.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || ::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    const std::string why = file < 0 ? reason() : "not a regular file";
    if (file >= 0) ::close(file);
    throw Error(fmt::format("{}: cannot be opened ({}). Check the path.", path.string(), why));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > 0) {
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (address == MAP_FAILED) {
      const std::string why = reason();
      ::close(file);
      throw Error(fmt::format("{}: cannot be mapped into memory ({}).", path.string(), why));
    }
    mapping_ = std::shared_ptr<void>(address, [size](void* mapped) { ::munmap(mapped, size); });
    bytes_ = {static_cast<const std::byte*>(address), size};
  }
  ::close(file);
}

}  // namespace radonc::core
