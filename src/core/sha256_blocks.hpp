// SHA-256's compression function, in plain code and with the processor's instructions. Private.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace radonc::core {

using Sha256State = std::array<std::uint32_t, 8>;

/// Takes `count` blocks of 64 bytes into `state`.
void add_sha256_blocks(Sha256State& state, const std::byte* blocks, std::size_t count);

/// The same with SHA-NI. Only where has_sha256_instructions().
void add_sha256_blocks_by_instructions(Sha256State& state, const std::byte* blocks, std::size_t count);

}  // namespace radonc::core
