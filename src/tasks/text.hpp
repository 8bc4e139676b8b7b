// Small helpers on answers. Private.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/text.hpp"

namespace radonc::tasks {

using core::lowered;

/// The lines of an answer that say something, each without the white space around it and cut to `longest` bytes.
/// A task takes its value from the first one that holds one: models like to begin with a polite sentence.
inline std::vector<std::string> lines(const std::string& text, std::size_t longest = 400) {
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    std::string line = core::first_line(text.substr(begin, std::min(end - begin, longest)));
    if (!line.empty()) found.push_back(std::move(line));
    begin = end + 1;
  }
  return found;
}

}  // namespace radonc::tasks
