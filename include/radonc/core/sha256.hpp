// SHA-256 (FIPS 180-4), to name files, weights and what went into them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "radonc/core/export.hpp"

namespace radonc::core {

/// Whether the processor has instructions for it (SHA-NI), which take about a sixth of the time.
RADONC_API bool has_sha256_instructions();

/// The digest of bytes that come in parts.
class RADONC_API Sha256 {
 public:
  /// Uses the processor's instructions where it has them, unless told not to: the digest is the same.
  explicit Sha256(bool with_instructions = true);

  Sha256& update(std::span<const std::byte> bytes);
  Sha256& update(std::string_view bytes) { return update(std::as_bytes(std::span(bytes))); }

  /// Of all bytes so far; more may follow.
  [[nodiscard]] std::array<std::uint8_t, 32> digest() const;
  /// The digest as 64 lower-case hexadecimal digits.
  [[nodiscard]] std::string hex() const;

 private:
  bool with_instructions_;
  std::array<std::uint32_t, 8> state_;
  std::array<std::byte, 64> block_ = {};  // what has come of the next block: count_ % 64 bytes
  std::uint64_t count_ = 0;               // bytes so far
};

/// The digest of `bytes` in hexadecimal digits, and in Base64 as a Content-Security-Policy takes it.
RADONC_API std::string sha256_hex(std::string_view bytes);
RADONC_API std::string sha256_base64(std::string_view bytes);

}  // namespace radonc::core
