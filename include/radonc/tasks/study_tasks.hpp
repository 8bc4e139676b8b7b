// The study's three tasks, and which tasks a cohort can be asked.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/data/case_record.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::tasks {

/// "regimen": target, modality, fraction size, fractions, total dose, in the sentence of clinical::to_text(Regimen). An
/// answer is read by clinical::parse_regimen, and must name a site and a modality. Partial credits: "target";
/// "modality"; "fractionation", the sizes and numbers of the fractions of all phases; "total_dose", see
/// clinical::total_dose_cgy; "prescription", the share of the phases whose doses, fractions and kind all match;
/// "fractionation_class", see clinical::Fractionation. Quantities: total dose, BED and EQD2 in Gy. Its grammar is of
/// one phase in every modality of `cohort`, at every target for every primary site, so that it does not tell which
/// target a site was treated at; there is none without a cohort.
RADONC_API std::shared_ptr<const Task> regimen_task(const std::vector<data::CaseRecord>& cohort = {});

/// "modality": treatment modality, one of `labels`. An answer must name exactly one label; the study's other classes
/// are read too (and are then wrong), so that a photon never counts as an external beam. Throws radonc::Error if there
/// is no label.
RADONC_API std::shared_ptr<const Task> modality_task(std::vector<std::string> labels);

/// The same with the labels of `cohort`. Without any, no case of the cohort has an answer.
RADONC_API std::shared_ptr<const Task> modality_task_of(const std::vector<data::CaseRecord>& cohort);

/// "icd10": ICD-10-CM code of the tumour. Partial credits: "category", the first three characters; "block"; "chapter";
/// and "valid_code", whether the answer is in ICD-10-CM's list, right or wrong.
RADONC_API std::shared_ptr<const Task> icd10_task();

/// A task that comes with radonc, or one of the user's own.
using TaskChoice = std::variant<std::string, std::shared_ptr<const Task>>;

/// Names of the tasks that come with radonc, in the study's order.
RADONC_API std::vector<std::string> study_task_names();

/// The chosen tasks in their order, made for a cohort; without a choice the study's three: the modality task's labels,
/// and what regimens are made of, are those of the cohort.
/// Throws radonc::Error for an unknown name, a name that occurs twice, and one that no file could bear.
RADONC_API TaskList make_tasks(const std::vector<data::CaseRecord>& cohort,
                               const std::vector<TaskChoice>& choices = {});

/// Why a task cannot be studied, as a sentence: no training or no held-out case has a complete answer, or all training
/// answers are the same. Empty if it can.
RADONC_API std::string why_not_studied(const Task& task, const std::vector<Pair>& train, const std::vector<Pair>& test);

}  // namespace radonc::tasks
