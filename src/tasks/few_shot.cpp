#include "radonc/tasks/few_shot.hpp"

#include <fmt/format.h>

#include <numeric>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"

namespace radonc::tasks {

std::vector<Pair> draw_examples(const std::vector<Pair>& train, std::size_t num_examples, std::uint64_t seed) {
  if (train.size() < num_examples)
    throw Error(fmt::format("{} examples were asked for, but there are {} training pairs. Ask for fewer.", num_examples,
                            train.size()));
  std::vector<std::size_t> order(train.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  core::Random(seed).shuffle(order);
  std::vector<Pair> examples;
  std::set<std::size_t> drawn;
  std::set<std::string> answers;
  for (const bool may_repeat : {false, true})
    for (const std::size_t i : order) {
      if (examples.size() == num_examples) return examples;
      if (drawn.contains(i) || (!may_repeat && answers.contains(train[i].answer))) continue;
      drawn.insert(i);
      answers.insert(train[i].answer);
      examples.push_back(train[i]);
    }
  return examples;
}

std::string few_shot_prompt(const std::vector<Pair>& examples, const Pair& pair) {
  if (examples.empty()) return pair.prompt();
  std::string prompt = "Other patients, each with the right answer:\n\n";
  for (const Pair& example : examples) prompt += fmt::format("{}\nAnswer: {}\n\n", example.details, example.answer);
  return prompt + "This patient:\n\n" + pair.prompt();
}

}  // namespace radonc::tasks
