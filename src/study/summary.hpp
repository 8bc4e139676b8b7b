// What a study's result tells of its cohort, settings, training and machine. Private.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "radonc/data/cohort.hpp"
#include "radonc/data/split.hpp"
#include "radonc/evaluation/study_result.hpp"
#include "radonc/study/study.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::study {

using TaskList = std::vector<std::shared_ptr<const tasks::Task>>;

/// flow.json: the cohort's rules, then for each task how many cases have a complete answer, and why the others do not.
std::string flow_json(const data::Cohort& cohort, const TaskList& tasks);

/// The same for a terminal, with the split and the modality task's labels.
std::string cohort_text(const data::Cohort& cohort, const data::Split& split, const TaskList& tasks);

void describe_cohort(const data::Cohort& cohort, const data::Split& split, const TaskList& tasks,
                     evaluation::StudyResult& result);
void describe_settings(const StudyConfig& config, const model::Transformer& model, text::PromptTemplate prompt_template,
                       evaluation::StudyResult& result);
void describe_training(const std::string& model, const train::TrainLog& log, evaluation::StudyResult& result);
/// The first cases of each task with all arms' answers.
void describe_examples(const std::vector<tasks::Pair>& pairs, const std::vector<tasks::Prediction>& predictions,
                       const std::vector<Arm>& arms, evaluation::StudyResult& result);
/// SHA-256 of the records and of the files in the output folder that the figures rest on.
void describe_files(const StudyConfig& config, evaluation::StudyResult& result);

/// The process's largest resident size so far.
double peak_memory_bytes();

}  // namespace radonc::study
