#include "radonc/batch/batch.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>

#include <algorithm>
#include <random>

#include "radonc/core/error.hpp"

using namespace radonc;

namespace {

/// `shared` common tokens, then `own` tokens of its own, the last `answer` of them supervised.
text::TokenizedPair sequence(int shared, int own, int answer, int salt) {
  text::TokenizedPair pair;
  for (int i = 0; i < shared; ++i) pair.ids.push_back(1000 + i);
  for (int i = 0; i < own; ++i) pair.ids.push_back(100 * salt + i);
  pair.num_prompt_tokens = pair.ids.size() - static_cast<std::size_t>(answer);
  return pair;
}

using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// Where a sequence's tokens lie.
Ranges ranges_of(const batch::Batch& batch, std::size_t i) {
  Ranges ranges;
  for (const auto& range : batch.spans[i].prefix) ranges.emplace_back(range.begin, range.end);
  ranges.emplace_back(batch.spans[i].begin, batch.spans[i].end);
  return ranges;
}

/// Every sequence can be read off the batch, behind `past`.
void check_tokens(const batch::Batch& batch, const std::vector<text::TokenizedPair>& pairs,
                  const std::vector<text::TokenId>& past) {
  REQUIRE(batch.spans.size() == pairs.size());
  const auto value = [](const torch::Tensor& x, std::int64_t i) { return x.const_data_ptr<std::int64_t>()[i]; };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto& pair = pairs[i];
    std::vector<text::TokenId> ids;
    for (const auto& [begin, end] : ranges_of(batch, i))
      for (std::int64_t t = begin; t < end; ++t) {
        const std::int64_t own = t - batch.num_past;
        ids.push_back(own < 0 ? past[static_cast<std::size_t>(t)] : static_cast<text::TokenId>(value(batch.ids, own)));
        if (own < 0) continue;
        CHECK(value(batch.positions, own) == static_cast<std::int64_t>(ids.size()) - 1);
        const bool supervised = ids.size() >= pair.num_prompt_tokens && ids.size() < pair.ids.size();
        CHECK(value(batch.labels, own) == (supervised ? pair.ids[ids.size()] : batch::kIgnored));
      }
    CHECK(ids == pair.ids);
  }
}

}  // namespace

TEST_CASE("what consecutive sequences share is laid out once") {
  const auto batch = batch::pack({sequence(20, 5, 2, 1), sequence(20, 7, 3, 2)});
  CHECK(batch.ids.size(0) == 20 + 5 + 7);
  CHECK(batch.num_represented == 25 + 27);
  CHECK(batch.num_supervised == 5);
  REQUIRE(batch.spans.size() == 2);
  CHECK(ranges_of(batch, 0) == Ranges{{0, 25}});
  CHECK(ranges_of(batch, 1) == Ranges{{0, 20}, {25, 32}});
  CHECK(batch.positions[25].item<int>() == 20);
  CHECK(batch.positions[31].item<int>() == 26);
  // The position before the first answer token predicts it; the last answer token predicts nothing.
  CHECK(batch.labels[22].item<int>() == 103);
  CHECK(batch.labels[23].item<int>() == 104);
  CHECK(batch.labels[24].item<int>() == batch::kIgnored);
  CHECK(batch.labels[21].item<int>() == batch::kIgnored);
}

TEST_CASE("what is shared becomes a tree of any depth, and ends where the sequence before ends") {
  // An instruction of 10 tokens, then two cases of 10 each with two tasks, then another instruction.
  const auto task = [](int instruction, int details, int salt) {
    auto pair = sequence(0, 10, 0, instruction);
    for (const auto& part : {sequence(0, 10, 0, details), sequence(0, 5, 2, salt)})
      pair.ids.insert(pair.ids.end(), part.ids.begin(), part.ids.end());
    pair.num_prompt_tokens = 23;
    return pair;
  };
  const std::vector<text::TokenizedPair> pairs = {task(1, 2, 3), task(1, 2, 4), task(1, 5, 3), task(1, 5, 4),
                                                  task(6, 2, 3)};
  const auto batch = batch::pack(pairs);
  CHECK(ranges_of(batch, 0) == Ranges{{0, 25}});
  CHECK(ranges_of(batch, 1) == Ranges{{0, 20}, {25, 30}});
  CHECK(ranges_of(batch, 2) == Ranges{{0, 10}, {30, 45}});
  CHECK(ranges_of(batch, 3) == Ranges{{0, 10}, {30, 40}, {45, 50}});
  CHECK(ranges_of(batch, 4) == Ranges{{50, 75}});
  check_tokens(batch, pairs, {});

  // The same behind a past, of which as much counts as the first sequence shares.
  const std::vector<text::TokenizedPair> rest(pairs.begin() + 1, pairs.end());
  const auto behind = batch::pack(rest, pairs[0]);
  CHECK(behind.num_past == 20);
  CHECK(behind.ids.size(0) == 75 - 25);
  CHECK(ranges_of(behind, 0) == Ranges{{0, 20}, {20, 25}});
  CHECK(ranges_of(behind, 1) == Ranges{{0, 10}, {25, 40}});
  check_tokens(behind, rest, pairs[0].ids);
  CHECK(batch::pack({pairs[4]}, pairs[0]).num_past == 0);
}

TEST_CASE("sequences drawn at random lie in the batch whole, each token at its position and with its label") {
  std::mt19937 draw(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<text::TokenizedPair> pairs;
    for (int i = 0; i < 8; ++i) {
      text::TokenizedPair pair = pairs.empty() ? text::TokenizedPair{} : pairs[draw() % pairs.size()];
      pair.ids.resize(std::min<std::size_t>(pair.ids.size(), draw() % 40));
      for (auto more = 1 + draw() % 12; more > 0; --more) pair.ids.push_back(static_cast<text::TokenId>(draw() % 3));
      pair.num_prompt_tokens = 1 + draw() % pair.ids.size();
      pairs.push_back(std::move(pair));
    }
    check_tokens(batch::pack(pairs), pairs, {});
    const text::TokenizedPair past = pairs.front();
    pairs.erase(pairs.begin());
    check_tokens(batch::pack(pairs, past), pairs, past.ids);
  }
}

TEST_CASE("the last prompt token is never shared, since it predicts each sequence's own answer") {
  const auto one = sequence(20, 4, 4, 1), two = sequence(20, 4, 4, 2);  // identical prompts of 20 tokens
  const auto batch = batch::pack({one, two});
  CHECK(ranges_of(batch, 1) == Ranges{{0, 19}, {24, 29}});
  CHECK(batch.num_supervised == 8);
}

TEST_CASE("sequences that share little stand alone, and batches hold whole cases") {
  CHECK(batch::pack({sequence(3, 5, 1, 1), sequence(3, 5, 1, 2)}).spans[1].prefix.empty());
  const auto group = [](int salt) {  // 30 tokens, of which the next one with its own 20 needs 10
    auto a = sequence(20, 5, 2, salt), b = sequence(20, 5, 2, salt + 1);
    return std::vector<text::TokenizedPair>{a, b};
  };
  const std::vector<std::vector<text::TokenizedPair>> cases = {group(1), group(3), group(5), group(7), group(9)};
  const auto plan = batch::plan_batches(cases, 45);
  REQUIRE(plan.size() == 3);
  CHECK(plan[0].size() == 4);
  CHECK(plan[2].size() == 2);
  CHECK(batch::pack(plan[0]).ids.size(0) == 40);
  CHECK(batch::plan_batches(cases, 1).size() == 5);
}

TEST_CASE("an empty batch is refused") {
  CHECK_THROWS_AS(batch::pack({}), Error);
  CHECK_THROWS_AS(batch::pack({text::TokenizedPair{}}), Error);
}
