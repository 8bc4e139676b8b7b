#include "text/nfc.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "radonc/core/error.hpp"

namespace radonc::text {
namespace {

// Nothing joins with it, but utf8proc before 2.11.2 swallows it behind a syllable.
constexpr utf8proc_int32_t kVowelOYae = 0x11A7;

void append_nfc(const utf8proc_uint8_t* bytes, std::size_t size, std::string& out) {
  if (size == 0) return;
  utf8proc_uint8_t* mapped = nullptr;
  const auto length = utf8proc_map(bytes, static_cast<utf8proc_ssize_t>(size), &mapped,
                                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (length < 0) throw Error(std::string("A text cannot be normalised: ") + utf8proc_errmsg(length) + ".");
  out.append(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
}

}  // namespace

std::string nfc(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return std::string(text);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  std::string out;
  std::size_t begin = 0;  // of what is normalised together
  for (std::size_t i = 0; i < text.size();) {
    utf8proc_int32_t character = 0;
    const auto read = utf8proc_iterate(bytes + i, static_cast<utf8proc_ssize_t>(text.size() - i), &character);
    const auto width = static_cast<std::size_t>(std::max<utf8proc_ssize_t>(read, 1));
    if (read < 1 || character == kVowelOYae) {
      append_nfc(bytes + begin, i - begin, out);
      out += text.substr(i, width);
      begin = i + width;
    }
    i += width;
  }
  append_nfc(bytes + begin, text.size() - begin, out);
  return out;
}

}  // namespace radonc::text
