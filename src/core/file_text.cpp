#include "core/file_text.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace radonc::core {

std::string readable(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  std::string result;
  for (const char letter : text.substr(0, kLongest)) {
    const bool printable = letter >= ' ' && letter <= '~';
    result += printable ? std::string(1, letter) : fmt::format("\\x{:02x}", static_cast<unsigned char>(letter));
  }
  return text.size() > kLongest ? result + "…" : result;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<std::uint8_t>(text[i++]);
    if (first < 0x80) continue;
    const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4) return false;
    std::uint32_t code = first & (0x3FU >> more);
    for (int k = 0; k < more; ++k, ++i) {
      if (i == text.size() || (text[i] & 0xC0) != 0x80) return false;
      code = code << 6 | (text[i] & 0x3FU);
    }
    // Longer than need be, half of a surrogate pair, or beyond Unicode.
    if ((more == 2 && code < 0x800) || (more == 3 && (code < 0x10000 || code > 0x10FFFF))) return false;
    if (code >= 0xD800 && code <= 0xDFFF) return false;
  }
  return true;
}

}  // namespace radonc::core
