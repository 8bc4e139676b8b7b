// From records to the cases of each task, in numbers. Private.
#pragma once

#include <string>
#include <vector>

#include "radonc/study/stages.hpp"

namespace radonc::study {

/// flow.json: the cohort's rules, then for each task how many of `cases` have a complete answer, why the others do not,
/// and what is to be known of how answers were read.
std::string flow_json(const Prepared& prepared, const std::vector<data::CaseRecord>& cases);

/// The same for a terminal, with the split, and the labels of tasks that have few.
std::string flow_text(const Prepared& prepared, const std::vector<data::CaseRecord>& cases);

/// The distinct answers recorded for a task, sorted.
std::vector<std::string> labels_of(const tasks::Task& task, const std::vector<data::CaseRecord>& cases);

}  // namespace radonc::study
