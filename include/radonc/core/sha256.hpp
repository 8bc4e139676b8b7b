// SHA-256 (FIPS 180-4).
#pragma once

#include <string>
#include <string_view>

namespace radonc::core {

/// 64 hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// The same 32 bytes in base64.
std::string sha256_base64(std::string_view bytes);

}  // namespace radonc::core
