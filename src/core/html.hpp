// Texts for a page. Private.
#pragma once

#include <string>
#include <string_view>

namespace radonc::core {

/// `text` with &, <, >, " and ' as entities, and control characters other than tab and newline as U+FFFD.
std::string escape(std::string_view text);

}  // namespace radonc::core
