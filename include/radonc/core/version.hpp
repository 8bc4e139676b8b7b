// Which radonc this is.
#pragma once

#include <string_view>

#include "radonc/core/export.hpp"

namespace radonc::core {

/// "0.1.0", as the CMake package and the Python package have it.
RADONC_API std::string_view version();

}  // namespace radonc::core
