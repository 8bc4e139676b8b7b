// Token sequences laid end to end, without padding, with what they share computed once.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/ops/attention.hpp"
#include "radonc/text/encode.hpp"

namespace radonc::batch {

/// The label of a position that is not supervised.
inline constexpr std::int64_t kIgnored = -100;

struct RADONC_API Batch {
  torch::Tensor ids;        ///< [T] int64
  torch::Tensor positions;  ///< [T] int64, position of the token in its own sequence
  torch::Tensor labels;     ///< [T] int64, id of the next token where that is supervised, else kIgnored
  /// One a sequence, in their order: the tokens that no sequence before it has, behind those that it shares. They count
  /// the tokens of the past first.
  std::vector<ops::AttentionSpan> spans;
  std::int64_t num_past = 0;         ///< P, of the past's tokens: how many of its first ones are shared
  std::int64_t num_supervised = 0;   ///< labels that are not kIgnored
  std::int64_t num_represented = 0;  ///< tokens of the sequences had each been laid out alone; >= T
};

/// One batch of all `sequences`. What a sequence begins with and the one before it has too is not laid out again, so
/// that sequences in the order of their texts become a tree; but the last token of a prompt, which predicts each
/// sequence's own answer, is never shared. The first sequence shares so with `past`, whose tokens were computed before.
/// Throws radonc::Error if `sequences` is empty or one of them has no token.
RADONC_API Batch pack(const std::vector<text::TokenizedPair>& sequences, const text::TokenizedPair& past = {});

/// Splits `groups` of sequences (one group a case) into batches of at most `max_tokens` tokens after sharing, keeping
/// their order. A group that alone exceeds `max_tokens` becomes a batch of its own.
RADONC_API std::vector<std::vector<text::TokenizedPair>> plan_batches(
    const std::vector<std::vector<text::TokenizedPair>>& groups, std::int64_t max_tokens);

}  // namespace radonc::batch
