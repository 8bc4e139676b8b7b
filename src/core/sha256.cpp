#include "radonc/core/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/sha256_blocks.hpp"

namespace radonc::core {
namespace {

void add_blocks(bool with_instructions, Sha256State& state, const std::byte* blocks, std::size_t count) {
  with_instructions ? add_sha256_blocks_by_instructions(state, blocks, count) : add_sha256_blocks(state, blocks, count);
}

}  // namespace

Sha256::Sha256(bool with_instructions)
    : with_instructions_(with_instructions && has_sha256_instructions()), state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                                                                 0xa54ff53a, 0x510e527f, 0x9b05688c,
                                                                                 0x1f83d9ab, 0x5be0cd19} {}

Sha256& Sha256::update(std::span<const std::byte> bytes) {
  const std::size_t waiting = count_ % 64;
  count_ += bytes.size();
  if (waiting > 0) {
    const auto taken = bytes.first(std::min(bytes.size(), 64 - waiting));
    std::copy(taken.begin(), taken.end(), block_.begin() + static_cast<std::ptrdiff_t>(waiting));
    bytes = bytes.subspan(taken.size());
    if (waiting + taken.size() < 64) return *this;
    add_blocks(with_instructions_, state_, block_.data(), 1);
  }
  const std::size_t whole = bytes.size() / 64;
  add_blocks(with_instructions_, state_, bytes.data(), whole);
  const auto rest = bytes.subspan(64 * whole);
  std::copy(rest.begin(), rest.end(), block_.begin());
  return *this;
}

std::array<std::uint8_t, 32> Sha256::digest() const {
  // The end: a one, zeros up to the last eight bytes of a block, and the number of bits.
  const std::size_t waiting = count_ % 64, size = waiting < 56 ? 64 : 128;
  std::array<std::byte, 128> end = {};
  std::copy_n(block_.begin(), waiting, end.begin());
  end[waiting] = std::byte{0x80};
  const std::uint64_t bits = 8 * count_;
  for (std::size_t i = 0; i < 8; ++i) end[size - 1 - i] = static_cast<std::byte>(bits >> (8 * i) & 0xFF);
  Sha256State state = state_;
  add_blocks(with_instructions_, state, end.data(), size / 64);
  std::array<std::uint8_t, 32> digest;
  for (std::size_t i = 0; i < 32; ++i) digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)) & 0xFF);
  return digest;
}

std::string Sha256::hex() const {
  std::string out;
  for (const std::uint8_t byte : digest()) out += fmt::format("{:02x}", byte);
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  return Sha256().update(bytes).hex();
}

std::string sha256_base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto digest = Sha256().update(bytes).digest();
  std::string out;
  for (std::size_t i = 0; i < digest.size(); i += 3) {
    std::uint32_t group = static_cast<std::uint32_t>(digest[i]) << 16;
    for (std::size_t k = 1; k < 3; ++k)
      if (i + k < digest.size()) group |= static_cast<std::uint32_t>(digest[i + k]) << (16 - 8 * k);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= digest.size() ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace radonc::core
