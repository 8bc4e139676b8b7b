#include "radonc/batch/batch.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#include "radonc/core/error.hpp"

namespace radonc::batch {
namespace {

using text::TokenizedPair;

/// How many tokens `sequence` may share: not the last of its prompt, whose output predicts its own answer.
std::size_t shareable(const TokenizedPair& sequence) {
  return std::max<std::size_t>(sequence.num_prompt_tokens, 1) - 1;
}

/// A prefix shorter than this is not worth its bookkeeping.
constexpr std::size_t kMinSharedTokens = 8;

/// How many tokens `sequence` shares with the one before it.
std::size_t num_shared(const TokenizedPair& before, const TokenizedPair& sequence) {
  const std::size_t limit = std::min(shareable(before), shareable(sequence));
  const auto end = before.ids.begin() + static_cast<std::ptrdiff_t>(limit);
  const auto differs = std::mismatch(before.ids.begin(), end, sequence.ids.begin()).first;
  const auto shared = static_cast<std::size_t>(differs - before.ids.begin());
  return shared < kMinSharedTokens ? 0 : shared;
}

/// The first `count` tokens of a sequence that consists of `ranges`.
std::vector<ops::TokenRange> first_tokens(const std::vector<ops::TokenRange>& ranges, std::int64_t count) {
  std::vector<ops::TokenRange> first;
  for (const ops::TokenRange& range : ranges) {
    if (count <= 0) break;
    first.push_back({range.begin, std::min(range.end, range.begin + count)});
    count -= range.length();
  }
  return first;
}

}  // namespace

Batch pack(const std::vector<TokenizedPair>& sequences, const TokenizedPair& past) {
  if (sequences.empty()) throw Error("A batch needs at least one sequence, got none.");
  std::vector<std::int64_t> ids, positions, labels;
  Batch batch;
  batch.num_past = static_cast<std::int64_t>(num_shared(past, sequences.front()));

  const TokenizedPair* before = &past;
  std::vector<ops::TokenRange> path{{0, batch.num_past}};  // where the tokens of the sequence before lie
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const TokenizedPair& sequence = sequences[i];
    if (sequence.ids.empty()) throw Error(fmt::format("Sequence {} of the batch has no token.", i));
    const std::size_t shared = num_shared(*before, sequence);
    path = first_tokens(path, static_cast<std::int64_t>(shared));
    for (std::size_t t = shared; t < sequence.ids.size(); ++t) {
      const bool predicts_answer = t + 1 < sequence.ids.size() && t + 1 >= sequence.num_prompt_tokens;
      ids.push_back(sequence.ids[t]);
      positions.push_back(static_cast<std::int64_t>(t));
      labels.push_back(predicts_answer ? sequence.ids[t + 1] : kIgnored);
      batch.num_supervised += predicts_answer;
    }
    const std::int64_t begin = batch.spans.empty() ? batch.num_past : batch.spans.back().end;
    const std::int64_t end = batch.num_past + static_cast<std::int64_t>(ids.size());
    batch.spans.push_back({.begin = begin, .end = end, .prefix = path});
    batch.num_represented += static_cast<std::int64_t>(sequence.ids.size());
    path.push_back({begin, end});
    before = &sequence;
  }
  batch.ids = torch::tensor(ids, torch::kInt64);
  batch.positions = torch::tensor(positions, torch::kInt64);
  batch.labels = torch::tensor(labels, torch::kInt64);
  return batch;
}

std::vector<std::vector<TokenizedPair>> plan_batches(const std::vector<std::vector<TokenizedPair>>& groups,
                                                     std::int64_t max_tokens) {
  std::vector<std::vector<TokenizedPair>> batches;
  std::int64_t used = 0;
  const auto cost = [](const TokenizedPair* before, const std::vector<TokenizedPair>& group) {
    std::size_t tokens = 0;
    for (const TokenizedPair& sequence : group) {
      tokens += sequence.ids.size() - (before != nullptr ? num_shared(*before, sequence) : 0);
      before = &sequence;
    }
    return static_cast<std::int64_t>(tokens);
  };
  for (const auto& group : groups) {
    const TokenizedPair* before = batches.empty() || batches.back().empty() ? nullptr : &batches.back().back();
    std::int64_t more = cost(before, group);
    if (batches.empty() || used + more > max_tokens) {
      batches.emplace_back();
      used = 0;
      more = cost(nullptr, group);
    }
    batches.back().insert(batches.back().end(), group.begin(), group.end());
    used += more;
  }
  return batches;
}

}  // namespace radonc::batch
