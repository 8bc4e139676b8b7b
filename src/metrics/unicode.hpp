// What Python's str knows of characters, as far as the metrics need it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace radonc::metrics {

/// The characters of UTF-8 text; bytes that are no UTF-8 become U+FFFD, one each.
std::u32string decode(std::string_view utf8);

/// The UTF-8 of `characters`.
std::string encode(std::u32string_view characters);

/// str.isspace(): where str.split() splits.
bool is_space(char32_t c);

/// str.split() of UTF-8 text.
std::vector<std::string_view> split_words(std::string_view text);

}  // namespace radonc::metrics
