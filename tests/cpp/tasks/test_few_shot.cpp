#include "radonc/tasks/few_shot.hpp"

#include <doctest/doctest.h>

#include <set>

#include "radonc/core/error.hpp"

using namespace radonc;

namespace {

std::vector<tasks::Pair> training_pairs() {
  std::vector<tasks::Pair> pairs;
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(i);
    pairs.push_back(
        {.case_id = number, .details = "Age: " + number, .question = "Which?", .answer = i < 17 ? "A" : number});
  }
  return pairs;
}

}  // namespace

TEST_CASE("examples differ in their answers as far as there are any, and never repeat") {
  const auto train = training_pairs();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto examples = tasks::draw_examples(train, 6, seed);
    std::set<std::string> cases, answers;
    for (const auto& example : examples) {
      cases.insert(example.case_id);
      answers.insert(example.answer);
    }
    CHECK(cases.size() == 6);
    CHECK(answers == std::set<std::string>{"A", "17", "18", "19"});
    CHECK(tasks::few_shot_prompt(examples, train[0]) ==
          tasks::few_shot_prompt(tasks::draw_examples(train, 6, seed), train[0]));
  }
  CHECK(tasks::draw_examples(train, 20).size() == 20);
  CHECK(tasks::draw_examples(train, 0).empty());
  CHECK_THROWS_WITH_AS(tasks::draw_examples(train, 21), doctest::Contains("20 training pairs"), Error);
}

TEST_CASE("the prompt shows the examples first and keeps the pair's own question last") {
  const auto train = training_pairs();
  CHECK(tasks::few_shot_prompt({}, train[3]) == train[3].prompt());
  CHECK(tasks::few_shot_prompt({train[0], train[18]}, train[3]) ==
        "Other patients, each with the right answer:\n\nAge: 0\nAnswer: A\n\nAge: 18\nAnswer: 18\n\nThis patient:\n\n"
        "Age: 3\n\nWhich?");
}
