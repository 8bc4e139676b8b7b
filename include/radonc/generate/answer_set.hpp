// The answers that a model may give.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "radonc/core/export.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::generate {

/// Says token by token how an answer may go on, so that decoding that follows it can only give an answer of the set.
/// Implementations may be shared between threads.
class RADONC_API AnswerSet {
 public:
  using State = std::size_t;

  virtual ~AnswerSet() = default;

  /// Where no token has been chosen yet.
  static constexpr State kStart = 0;

  /// The tokens that may follow, with the states they lead to; none where an answer has ended. From every other state
  /// an end can be reached. The reference lasts as long as the set.
  [[nodiscard]] virtual const std::map<text::TokenId, State>& next(State state) const = 0;

  /// Tokens of the longest answer, its end included, or a little more.
  [[nodiscard]] virtual std::int64_t longest() const = 0;
};

}  // namespace radonc::generate
