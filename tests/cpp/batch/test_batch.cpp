#include "radonc/batch/batch.hpp"

#include <doctest/doctest.h>
#include <torch/torch.h>

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

}  // namespace

TEST_CASE("what consecutive sequences share is laid out once") {
  const auto batch = batch::pack({sequence(20, 5, 2, 1), sequence(20, 7, 3, 2)});
  CHECK(batch.ids.size(0) == 20 + 5 + 7);
  CHECK(batch.num_represented == 25 + 27);
  CHECK(batch.num_supervised == 5);
  REQUIRE(batch.groups.size() == 1);
  CHECK(batch.groups[0].branch_begins == std::vector<std::int64_t>{20, 25});
  CHECK(batch.positions[25].item<int>() == 20);
  CHECK(batch.positions[31].item<int>() == 26);
  // The position before the first answer token predicts it; the last answer token predicts nothing.
  CHECK(batch.labels[22].item<int>() == 103);
  CHECK(batch.labels[23].item<int>() == 104);
  CHECK(batch.labels[24].item<int>() == batch::kIgnored);
  CHECK(batch.labels[21].item<int>() == batch::kIgnored);
}

TEST_CASE("a branch sees its prefix and itself, within the window") {
  const auto batch = batch::pack({sequence(10, 3, 1, 1), sequence(10, 2, 1, 2)});
  const auto seen = batch::visibility(batch, batch.groups[0]);
  CHECK(seen[14].sum().item<int>() == 12);  // 10 shared, 2 of its own
  CHECK_FALSE(seen[14][11].item<bool>());
  CHECK(seen[12].sum().item<int>() == 13);
  const auto windowed = batch::visibility(batch, batch.groups[0], 4);
  CHECK(windowed[14].sum().item<int>() == 4);
  CHECK(windowed[14][8].item<bool>());
  CHECK_FALSE(windowed[14][7].item<bool>());
}

TEST_CASE("the last prompt token is never shared, since it predicts each sequence's own answer") {
  const auto one = sequence(20, 4, 4, 1), two = sequence(20, 4, 4, 2);  // identical prompts of 20 tokens
  const auto batch = batch::pack({one, two});
  CHECK(batch.groups[0].branch_begins[0] == 19);
  CHECK(batch.num_supervised == 8);
}

TEST_CASE("sequences that share little stand alone, and batches hold whole cases") {
  CHECK(batch::pack({sequence(3, 5, 1, 1), sequence(3, 5, 1, 2)}).groups.size() == 2);
  const std::vector<std::vector<text::TokenizedPair>> cases(5,
                                                            {sequence(20, 5, 2, 1), sequence(20, 5, 2, 2)});  // 30 each
  const auto plan = batch::plan_batches(cases, 65);
  REQUIRE(plan.size() == 3);
  CHECK(plan[0].size() == 4);
  CHECK(plan[2].size() == 2);
  CHECK(batch::plan_batches(cases, 1).size() == 5);
}

TEST_CASE("an empty batch is refused") {
  CHECK_THROWS_AS(batch::pack({}), Error);
  CHECK_THROWS_AS(batch::pack({text::TokenizedPair{}}), Error);
}
