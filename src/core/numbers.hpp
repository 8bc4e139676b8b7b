// Numbers as texts say them. Private.
#pragma once

#include <cstddef>
#include <string>

namespace radonc::core {

// Texts hold no-break spaces (U+00A0) where a line must not end.

/// A p-value with its relation: "= 0.012", "= 3.1e-08", "< 1e-300".
std::string p_text(double p);

/// "12 (3.7 %)"
std::string count_of(std::size_t part, std::size_t whole);

/// "1,234"
std::string grouped(std::size_t number);

/// "4 min 12 s"
std::string duration(double seconds);

}  // namespace radonc::core
