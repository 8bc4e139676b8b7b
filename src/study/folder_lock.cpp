#include "study/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"

namespace radonc::study {
namespace {

/// Whether the open file still bears its name: the run before may have taken it away.
bool is_at(int file, const std::filesystem::path& path) {
  struct stat opened {
  }, named{};
  return fstat(file, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) : path_(folder / "running.lock") {
  for (;;) {
    file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0)
      throw Error(fmt::format("{}: cannot be written ({}). Choose another folder.", path_.string(), strerror(errno)));
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
      const int reason = errno;
      close(file_);
      if (reason != EWOULDBLOCK)
        throw Error(fmt::format("{}: cannot be locked ({}). Choose a folder on a local disk.", path_.string(),
                                strerror(reason)));
      throw Error(fmt::format("{}: another run is writing here ({}). Wait for it, or choose another folder.",
                              folder.string(), core::read_file(path_)));
    }
    if (is_at(file_, path_)) break;
    close(file_);
  }
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char since[32] = {};
  std::strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &local);
  const std::string who = fmt::format("process {}, since {}", getpid(), since);
  if (ftruncate(file_, 0) != 0 || write(file_, who.data(), who.size()) < 0) {
    // The lock holds all the same; only the words for the other run are missing.
  }
}

FolderLock::~FolderLock() {
  unlink(path_.c_str());
  close(file_);
}

}  // namespace radonc::study
