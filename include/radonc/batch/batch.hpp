// Token sequences laid end to end, without padding, with what they share computed once.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "radonc/text/encode.hpp"

namespace radonc::batch {

/// The label of a position that is not supervised.
inline constexpr std::int64_t kIgnored = -100;

/// Consecutive tokens of a batch that may see each other: a prefix, then branches that each continue the prefix.
/// A token sees the prefix before it and its own branch before it; it never sees another branch or another group.
struct Group {
  std::int64_t begin = 0;                   ///< first token in the batch
  std::int64_t end = 0;                     ///< one past the last token
  std::vector<std::int64_t> branch_begins;  ///< where each branch starts; empty: one plain causal sequence

  [[nodiscard]] std::int64_t length() const { return end - begin; }
};

struct Batch {
  torch::Tensor ids;        ///< [T] int64
  torch::Tensor positions;  ///< [T] int64, position of the token in its own sequence; a branch continues its prefix
  torch::Tensor labels;     ///< [T] int64, id of the next token where that is supervised, else kIgnored
  std::vector<Group> groups;
  std::int64_t num_supervised = 0;   ///< labels that are not kIgnored
  std::int64_t num_represented = 0;  ///< tokens of the sequences had each been laid out alone; >= T
};

/// One batch of all `sequences`. Consecutive sequences whose first tokens agree share these tokens as a prefix, but
/// never the last token of a prompt, which predicts each sequence's own answer.
/// Throws radonc::Error if `sequences` is empty or one of them has no token.
Batch pack(const std::vector<text::TokenizedPair>& sequences);

/// Splits `groups` of sequences (one group a case) into batches of at most `max_tokens` tokens after sharing, keeping
/// their order. A group that alone exceeds `max_tokens` becomes a batch of its own.
std::vector<std::vector<text::TokenizedPair>> plan_batches(const std::vector<std::vector<text::TokenizedPair>>& groups,
                                                           std::int64_t max_tokens);

/// Which tokens of a group each token sees: [L, L] bool, true = seen. `sliding_window` of W keeps the last W positions,
/// the token itself included; 0 means no window.
torch::Tensor visibility(const Batch& batch, const Group& group, std::int64_t sliding_window = 0);

}  // namespace radonc::batch
