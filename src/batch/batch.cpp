#include "radonc/batch/batch.hpp"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>

#include "radonc/core/error.hpp"

namespace radonc::batch {
namespace {

using text::TokenizedPair;

/// How many tokens `sequence` may share: not the last of its prompt, whose output predicts its own answer.
std::size_t shareable(const TokenizedPair& sequence) {
  return std::max<std::size_t>(sequence.num_prompt_tokens, 1) - 1;
}

std::size_t common_prefix(const TokenizedPair& a, const TokenizedPair& b) {
  const std::size_t limit = std::min(shareable(a), shareable(b));
  const auto end = a.ids.begin() + static_cast<std::ptrdiff_t>(limit);
  return static_cast<std::size_t>(std::mismatch(a.ids.begin(), end, b.ids.begin()).first - a.ids.begin());
}

/// A prefix shorter than this is not worth its bookkeeping.
constexpr std::size_t kMinSharedTokens = 8;

struct Run {
  std::size_t first, last;  // sequences [first, last)
  std::size_t shared;       // tokens they have in common; 0 for a sequence that stands alone
};

std::vector<Run> shared_runs(const std::vector<TokenizedPair>& sequences) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < sequences.size();) {
    std::size_t shared = 0;
    std::size_t last = i + 1;
    for (; last < sequences.size(); ++last) {
      // A sequence joins as long as it shares (nearly) what the run shares already, and half of its prompt at least: a
      // case's tasks, or examples in the prompt, but not the mere instruction that all cases begin with. The square of
      // a run's length is what its attention costs.
      const std::size_t common = common_prefix(sequences[i], sequences[last]);
      const std::size_t own = std::min(shareable(sequences[i]), shareable(sequences[last]));
      if (common < kMinSharedTokens || 2 * common < own || (shared != 0 && 4 * common < 3 * shared)) break;
      shared = shared == 0 ? common : std::min(shared, common);
    }
    runs.push_back({i, last, last - i > 1 ? shared : 0});
    i = last;
  }
  return runs;
}

}  // namespace

Batch pack(const std::vector<TokenizedPair>& sequences) {
  if (sequences.empty()) throw Error("A batch needs at least one sequence, got none.");
  std::vector<std::int64_t> ids, positions, labels;
  Batch batch;

  const auto append = [&](const TokenizedPair& sequence, std::size_t from, std::size_t to) {
    for (std::size_t t = from; t < to; ++t) {
      const bool predicts_answer = t + 1 < sequence.ids.size() && t + 1 >= sequence.num_prompt_tokens;
      ids.push_back(sequence.ids[t]);
      positions.push_back(static_cast<std::int64_t>(t));
      labels.push_back(predicts_answer ? sequence.ids[t + 1] : kIgnored);
      batch.num_supervised += predicts_answer;
    }
  };

  for (const Run& run : shared_runs(sequences)) {
    Group group{.begin = static_cast<std::int64_t>(ids.size()), .end = 0, .branch_begins = {}};
    append(sequences[run.first], 0, run.shared);
    for (std::size_t i = run.first; i < run.last; ++i) {
      const TokenizedPair& sequence = sequences[i];
      if (sequence.ids.empty()) throw Error(fmt::format("Sequence {} of the batch has no token.", i));
      if (run.shared > 0) group.branch_begins.push_back(static_cast<std::int64_t>(ids.size()));
      append(sequence, run.shared, sequence.ids.size());
      batch.num_represented += static_cast<std::int64_t>(sequence.ids.size());
    }
    group.end = static_cast<std::int64_t>(ids.size());
    batch.groups.push_back(std::move(group));
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
  for (const auto& group : groups) {
    std::int64_t cost = 0;
    for (const Run& run : shared_runs(group)) {
      cost += static_cast<std::int64_t>(run.shared);
      for (std::size_t i = run.first; i < run.last; ++i)
        cost += static_cast<std::int64_t>(group[i].ids.size() - run.shared);
    }
    if (batches.empty() || used + cost > max_tokens) {
      batches.emplace_back();
      used = 0;
    }
    batches.back().insert(batches.back().end(), group.begin(), group.end());
    used += cost;
  }
  return batches;
}

torch::Tensor visibility(const Batch& batch, const Group& group, std::int64_t sliding_window) {
  const std::int64_t length = group.length();
  torch::Tensor seen = torch::ones({length, length}, torch::kBool).tril_();
  for (std::size_t i = 0; i < group.branch_begins.size(); ++i) {
    const std::int64_t first_branch = group.branch_begins.front() - group.begin;
    const std::int64_t begin = group.branch_begins[i] - group.begin;
    const std::int64_t end = i + 1 < group.branch_begins.size() ? group.branch_begins[i + 1] - group.begin : length;
    seen.slice(0, begin, end).slice(1, first_branch, begin).fill_(false);
  }
  if (sliding_window > 0) {
    const torch::Tensor position = batch.positions.slice(0, group.begin, group.end);
    seen &= (position.unsqueeze(1) - position.unsqueeze(0)) < sliding_window;
  }
  return seen;
}

}  // namespace radonc::batch
