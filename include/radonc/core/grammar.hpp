// A set of texts, told byte by byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "radonc/core/export.hpp"

namespace radonc::core {

/// Which byte may follow which beginning. Implementations are immutable and may be shared between threads.
class RADONC_API Grammar {
 public:
  /// What a beginning leaves open; equal for beginnings that may go on alike. What the numbers mean is the grammar's.
  using State = std::array<std::int32_t, 8>;

  virtual ~Grammar() = default;

  [[nodiscard]] virtual State start() const = 0;

  /// The state behind one more byte, or nothing if no text goes on like that.
  [[nodiscard]] virtual std::optional<State> next(const State& state, char byte) const = 0;

  /// Whether a text may end here.
  [[nodiscard]] virtual bool may_end(const State& state) const = 0;

  /// Bytes of the longest text, or a little more.
  [[nodiscard]] virtual std::int64_t longest() const = 0;

  /// Whether the whole text is one of the set.
  [[nodiscard]] bool accepts(std::string_view text) const {
    std::optional<State> state = start();
    for (std::size_t i = 0; i < text.size() && state; ++i) state = next(*state, text[i]);
    return state && may_end(*state);
  }
};

}  // namespace radonc::core
