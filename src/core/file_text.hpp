// Text out of files that may hold anything.
#pragma once

#include <string>
#include <string_view>

namespace radonc::core {

/// Short and printable, for a message.
std::string readable(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace radonc::core
