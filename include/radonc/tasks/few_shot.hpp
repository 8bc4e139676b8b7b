// Examples in the prompt: what a model can do without training.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::tasks {

/// Draws examples among one task's training pairs, of different answers as far as there are any. Same seed, same
/// examples. Throws radonc::Error if there are fewer pairs than examples.
RADONC_API std::vector<Pair> draw_examples(const std::vector<Pair>& train, std::size_t num_examples,
                                           std::uint64_t seed = 0);

/// What the user's turn says with examples: their details and answers, then the pair's own details and question. All
/// pairs of a task begin with the same examples, which are computed once. Without examples it is pair.prompt().
RADONC_API std::string few_shot_prompt(const std::vector<Pair>& examples, const Pair& pair);

}  // namespace radonc::tasks
