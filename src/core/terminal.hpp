// Texts for a terminal, kWidth columns wide. Private.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace radonc::core {

inline constexpr std::size_t kWidth = 98;

/// Columns a terminal needs, one a code point.
std::size_t width_of(std::string_view text);

/// At most `width` columns, with an ellipsis where cut.
std::string shortened(std::string_view text, std::size_t width);

/// A stroke ("─", "━") from edge to edge.
std::string rule(const char* stroke);

std::string pad(std::string_view text, std::size_t width);
std::string padded_left(const std::string& text, std::size_t width);

/// No-break spaces, whose work is done, become plain ones.
std::string plain(std::string text);

/// Wraps words to the table's width; the first line starts with `lead`, the others are indented as far.
std::string wrapped(const std::string& lead, std::string_view text);

}  // namespace radonc::core
