#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <span>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;

TEST_CASE("a file is written whole and leaves nothing beside it") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a" / "b.txt";
  core::write_file_atomically(path, "one");
  core::write_file_atomically(path, "two\n");
  CHECK(core::read_file(path) == "two\n");
  CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1);
  core::write_file_atomically(path, "");
  CHECK(core::read_file(path).empty());
}

TEST_CASE("a file written in pieces is there after commit, and not before") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "new" / "pieces";
  const auto entries = [&] { return std::distance(std::filesystem::directory_iterator(path.parent_path()), {}); };
  {
    core::AtomicFile file(path);
    file.write(std::as_bytes(std::span("one", 3)));
    CHECK_FALSE(std::filesystem::exists(path));
  }
  CHECK(entries() == 0);
  {
    core::AtomicFile file(path);
    file.write(std::as_bytes(std::span("one", 3)));
    file.write({});
    file.write(std::as_bytes(std::span(" two", 4)));
    file.commit();
  }
  CHECK(core::read_file(path) == "one two");
  CHECK(entries() == 1);
  std::filesystem::create_directory(folder.path() / "taken");
  core::AtomicFile file(folder.path() / "taken");
  CHECK_THROWS_WITH_AS(file.commit(), doctest::Contains("taken: cannot be written"), Error);
}

TEST_CASE("what cannot be read or written is named") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(core::read_file(folder.path() / "absent"), doctest::Contains("absent"), Error);
  CHECK_THROWS_AS(core::MappedFile(folder.path() / "absent"), Error);
  CHECK_THROWS_AS(core::MappedFile(folder.path()), Error);
  core::write_file_atomically(folder.path() / "file", "x");
  CHECK_THROWS_AS(core::write_file_atomically(folder.path() / "file" / "below", "x"), Error);
  CHECK_THROWS_WITH_AS(core::require_writable_folder(folder.path() / "file"), doctest::Contains("output folder"),
                       Error);
}

TEST_CASE("a mapped file outlives its first handle") {
  const test::TemporaryFolder folder;
  core::write_file_atomically(folder.path() / "m", "bytes");
  auto first = std::make_unique<core::MappedFile>(folder.path() / "m");
  const core::MappedFile second = *first;
  first.reset();
  CHECK(std::string(reinterpret_cast<const char*>(second.bytes().data()), second.bytes().size()) == "bytes");
}

TEST_CASE("what a killed process left half-written is taken away, and nothing else") {
  const test::TemporaryFolder folder;
  const auto inside = folder.path() / "adapter";
  core::write_file_atomically(inside / "model.safetensors", "whole");
  for (const auto& name : {inside / "model.safetensors.tmp123", folder.path() / "study.json.tmp4"})
    std::filesystem::copy_file(inside / "model.safetensors", name);
  std::filesystem::copy_file(inside / "model.safetensors", folder.path() / "notes.tmp");
  core::remove_unfinished_files(folder.path());
  CHECK(core::read_file(inside / "model.safetensors") == "whole");
  CHECK(std::filesystem::exists(folder.path() / "notes.tmp"));
  CHECK_FALSE(std::filesystem::exists(inside / "model.safetensors.tmp123"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "study.json.tmp4"));
  CHECK_THROWS_AS(core::remove_unfinished_files(folder.path() / "absent"), Error);
}
