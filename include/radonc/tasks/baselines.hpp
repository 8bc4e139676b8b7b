// What a model must beat: answers that need no language model.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::tasks {

inline constexpr const char* kMajority = "majority";
inline constexpr const char* kNearestCase = "nearest case";

/// Whether a model of that name is one of the above.
inline bool is_baseline(std::string_view model) {
  return model == kMajority || model == kNearestCase;
}

/// The commonest answer among one task's training pairs; of equally common ones the smallest.
/// Throws radonc::Error if there are none.
RADONC_API std::string majority_answer(const std::vector<Pair>& train);

/// For each of `test`, the answer of the training pair whose details are most alike: cosine of TF-IDF vectors over the
/// details' words, equal to scikit-learn's TfidfVectorizer with its defaults. Of equally similar pairs the first.
/// Throws radonc::Error if there are no training pairs.
RADONC_API std::vector<std::string> nearest_answers(const std::vector<Pair>& train, const std::vector<Pair>& test);

}  // namespace radonc::tasks
