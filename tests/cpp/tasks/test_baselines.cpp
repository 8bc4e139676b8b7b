#include "radonc/tasks/baselines.hpp"

#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;

namespace {

std::vector<tasks::Pair> pairs_of(const nlohmann::json& texts) {
  std::vector<tasks::Pair> pairs;
  for (std::size_t i = 0; i < texts.size(); ++i) pairs.push_back({.details = texts[i], .answer = std::to_string(i)});
  return pairs;
}

}  // namespace

TEST_CASE("the nearest case is scikit-learn's by TF-IDF and cosine") {
  const auto golden = test::golden("tasks/nearest.json");
  const auto answers = tasks::nearest_answers(pairs_of(golden["train"]), pairs_of(golden["test"]));
  REQUIRE(answers.size() == golden["nearest"].size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    CAPTURE(i);
    CHECK(answers[i] == std::to_string(golden["nearest"][i].get<int>()));
  }
  CHECK_THROWS_AS(tasks::nearest_answers({}, pairs_of(golden["test"])), Error);
}

TEST_CASE("the majority answer is the commonest, of equally common ones the smallest") {
  CHECK(tasks::majority_answer({{.answer = "b"}, {.answer = "c"}, {.answer = "b"}}) == "b");
  CHECK(tasks::majority_answer({{.answer = "b"}, {.answer = "a"}}) == "a");
  CHECK_THROWS_AS(tasks::majority_answer({}), Error);
}
