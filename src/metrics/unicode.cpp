#include "metrics/unicode.hpp"

namespace radonc::metrics {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// The character that starts at `position`, which moves behind it.
char32_t take(std::string_view text, std::size_t& position) {
  const auto lead = static_cast<unsigned char>(text[position++]);
  if (lead < 0x80) return lead;
  const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || position + more > text.size()) return kReplacement;
  char32_t c = lead & (0x3FU >> more);
  for (std::size_t i = 0; i < more; ++i) {
    const auto byte = static_cast<unsigned char>(text[position + i]);
    if ((byte & 0xC0U) != 0x80) return kReplacement;
    c = c << 6 | (byte & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  if (c < kSmallest[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return kReplacement;
  position += more;
  return c;
}

}  // namespace

std::u32string decode(std::string_view utf8) {
  std::u32string characters;
  characters.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) characters += take(utf8, i);
  return characters;
}

std::string encode(std::u32string_view characters) {
  std::string utf8;
  const auto tail = [&](char32_t c, int shift) { utf8 += static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  for (const char32_t c : characters) {
    if (c < 0x80) {
      utf8 += static_cast<char>(c);
    } else if (c < 0x800) {
      utf8 += static_cast<char>(0xC0 | c >> 6);
      tail(c, 0);
    } else if (c < 0x10000) {
      utf8 += static_cast<char>(0xE0 | c >> 12);
      tail(c, 6), tail(c, 0);
    } else {
      utf8 += static_cast<char>(0xF0 | c >> 18);
      tail(c, 12), tail(c, 6), tail(c, 0);
    }
  }
  return utf8;
}

bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t here = i;
    if (is_space(take(text, i))) {
      if (here > start) words.push_back(text.substr(start, here - start));
      start = i;
    }
  }
  if (text.size() > start) words.push_back(text.substr(start));
  return words;
}

}  // namespace radonc::metrics
