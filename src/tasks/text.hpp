// Small helpers on answers. Private.
#pragma once

#include <string>
#include <vector>

#include "radonc/core/reading.hpp"

namespace radonc::tasks {

/// The lines of an answer that say something, each without the white space around it and cut to `longest` bytes.
/// A task takes its value from the first one that holds one: models like to begin with a polite sentence.
std::vector<std::string> lines(const std::string& text, std::size_t longest = 400);

/// The one of `answers` that the first line to name any of them names, in whatever case, as a word or words of its own
/// or their plural; an answer inside a longer one that is named too does not count. `what` stands in the reason: "names
/// no modality".
core::Reading<std::string> named_answer(const std::string& text, const std::vector<std::string>& answers,
                                        const std::string& what = "valid answer");

}  // namespace radonc::tasks
