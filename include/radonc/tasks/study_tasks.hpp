// The study's three tasks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "radonc/data/case_record.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::tasks {

/// Treatment regimen: target, modality, fraction size, fractions, total dose, in the sentence of
/// clinical::to_text(Regimen). An answer is read by clinical::parse_regimen, and must name a site and a modality.
/// Partial credits: "target"; "modality"; "fractionation", the sizes and numbers of the fractions of all phases;
/// "total_dose", see clinical::total_dose_cgy; "prescription", the share of the phases whose doses, fractions and kind
/// all match; "fractionation_class", see clinical::Fractionation. Its grammar is of one phase in every modality of
/// `cohort`, at every target for every primary site, so that it does not tell which target a site was treated at; there
/// is none without a cohort.
std::shared_ptr<const Task> regimen_task(const std::vector<data::CaseRecord>& cohort = {});

/// Treatment modality, one of `labels`. An answer must name exactly one label; the study's other classes are read too
/// (and are then wrong), so that a photon never counts as an external beam.
/// Throws radonc::Error if there is no label.
std::shared_ptr<const Task> modality_task(std::vector<std::string> labels);

/// ICD-10-CM code of the tumour. Partial credit: "category", the first three characters.
std::shared_ptr<const Task> icd10_task();

/// The three tasks in the study's order; the modality task's labels, and what regimens are made of, are those of
/// `cohort`. Throws radonc::Error if no case of the cohort has a complete answer for one of them.
std::vector<std::shared_ptr<const Task>> study_tasks(const std::vector<data::CaseRecord>& cohort);

/// Throws radonc::Error naming the task and the class if the training answers are all the same.
void require_two_classes(const std::string& task, const std::vector<std::string>& answers);

}  // namespace radonc::tasks
