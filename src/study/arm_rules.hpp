// What the study asks of its arms. Private.
#pragma once

#include <string>
#include <vector>

#include "radonc/study/arm.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::study {

/// Throws radonc::Error naming the arm unless there are two or more that can run beside one another.
void check_arms(const std::vector<Arm>& arms);

/// What tells the arm's adapter and log from other arms': "" for the fine-tuned model, else "-" and its name; then "-"
/// and the task's name, if there is one.
std::string file_suffix(const Arm& arm, const tasks::Task* task = nullptr);

/// "Mistral-7B, 3 examples in the prompt", for the report.
std::string describe(const Arm& arm, const std::string& model);

}  // namespace radonc::study
