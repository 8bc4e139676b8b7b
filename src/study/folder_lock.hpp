// One run a folder. Private.
#pragma once

#include <filesystem>

namespace radonc::study {

/// Holds the folder as long as it lives; the system lets go of it when the process ends, however that happens.
class FolderLock {
 public:
  /// Throws radonc::Error naming the process and since when it runs if another one holds the folder.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace radonc::study
