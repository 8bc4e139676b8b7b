// The corpus of tests/data/text, and the hashes of its ids.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "radonc/core/file.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::test {

inline std::filesystem::path text_data(const std::string& name) {
  return std::filesystem::path(RADONC_TEST_DATA) / "text" / name;
}

inline std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  const std::string text = core::read_file(path);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// The lines of a file of tests/data/text, with the line ends within them restored.
inline std::vector<std::string> read_texts(const std::string& name) {
  std::vector<std::string> read = read_lines(text_data(name));
  for (std::string& line : read) {
    std::string restored;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '\\') {
        restored += line[i];
      } else {
        ++i;
        restored += line.at(i) == 'n' ? '\n' : line.at(i) == 'r' ? '\r' : '\\';
      }
    }
    line = restored;
  }
  return read;
}

inline const std::vector<std::string>& corpus() {
  static const std::vector<std::string> lines = read_texts("lines.txt");
  return lines;
}

/// 64-bit FNV-1a over the ids as little-endian int32, in hex.
inline std::string hash_of(const std::vector<text::TokenId>& ids) {
  std::uint64_t state = 0xCBF29CE484222325ULL;
  for (const text::TokenId id : ids)
    for (int byte = 0; byte < 4; ++byte)
      state = (state ^ ((static_cast<std::uint32_t>(id) >> (8 * byte)) & 0xFF)) * 0x100000001B3ULL;
  return fmt::format("{:016x}", state);
}

inline std::filesystem::path smollm2_path() {
  const char* path = std::getenv("RADONC_SMOLLM2_GGUF");
  if (path == nullptr || *path == '\0') FAIL("set RADONC_SMOLLM2_GGUF to the path of SmolLM2-135M-Instruct.Q4_1.gguf");
  return path;
}

inline std::shared_ptr<const text::Tokenizer> smollm2() {
  static const std::shared_ptr<const text::Tokenizer> tokenizer = text::Tokenizer::load(smollm2_path());
  return tokenizer;
}

}  // namespace radonc::test
