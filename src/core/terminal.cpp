#include "core/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace radonc::core {

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string shortened(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  std::size_t end = 0, columns = 0;
  while (end < text.size() && columns + 1 < width) {
    ++end;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    ++columns;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string rule(const char* stroke) {
  std::string line;
  for (std::size_t i = 0; i < kWidth; ++i) line += stroke;
  return line + "\n";
}

std::string pad(std::string_view text, std::size_t width) {
  const std::size_t columns = width_of(text);
  return std::string(text) + std::string(columns < width ? width - columns : 0, ' ');
}

std::string padded_left(const std::string& text, std::size_t width) {
  const std::size_t columns = width_of(text);
  return fmt::format("{:{}}{}", "", columns < width ? width - columns : 0, text);
}

std::string plain(std::string text) {
  for (std::size_t at = 0; (at = text.find("\u00A0", at)) != std::string::npos;) text.replace(at, 2, 1, ' ');
  return text;
}

std::string wrapped(const std::string& lead, std::string_view text) {
  const std::string indent(width_of(lead), ' ');
  std::string out, line = lead;
  std::size_t columns = width_of(lead);
  bool first = true;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string word = shortened(text.substr(0, space), kWidth - indent.size());
    text.remove_prefix(std::min(space + 1, text.size()));
    if (!first && columns + 1 + width_of(word) > kWidth) {
      out += line + "\n";
      line = indent;
      columns = indent.size();
      first = true;
    }
    if (!first) line += ' ';
    line += word;
    columns += width_of(word) + (first ? 0 : 1);
    first = false;
  }
  return plain(out + line + "\n");
}

}  // namespace radonc::core
