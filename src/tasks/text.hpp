// Small helpers on answers. Private.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace radonc::tasks {

/// What stands before the first line end, behind leading white space.
inline std::string first_line(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_first_of("\r\n", begin) - begin);
}

/// The lines of an answer that say something, each without the white space around it and at most 400 bytes long.
/// A task takes its value from the first one that holds one: models like to begin with a polite sentence.
inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    std::string line = first_line(text.substr(begin, std::min<std::size_t>(end - begin, 400)));
    if (!line.empty()) found.push_back(std::move(line));
    begin = end + 1;
  }
  return found;
}

/// Runs of white space become one space; none at the ends.
inline std::string single_spaced(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!space) out.push_back(c);
    if (space && !out.empty() && out.back() != ' ') out.push_back(' ');
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

inline std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

inline std::string capitalized(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

/// Semicolons part the regimen's fields.
inline std::string without_semicolons(std::string text) {
  std::replace(text.begin(), text.end(), ';', ',');
  return text;
}

}  // namespace radonc::tasks
