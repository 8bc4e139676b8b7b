// The study's three tasks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "radonc/data/course.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::tasks {

/// A prescription as models write it: "Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6000
/// cGy".
struct Regimen {
  std::string site;      ///< lower case
  std::string modality;  ///< lower case
  double dose_per_fraction_cgy = 0;
  int num_fractions = 0;
  double total_dose_cgy = 0;

  bool operator==(const Regimen&) const = default;
};

/// The canonical sentence, in the order of ASTRO's standard prescription (2016).
std::string to_text(const Regimen& regimen);

/// Reads a sentence of that form; tolerates case, white space, Gy for cGy and a missing "total". Nothing, and the
/// reason, for anything else.
data::Reading<Regimen> parse_regimen(const std::string& text);

/// Treatment regimen: target, modality, fraction size, fractions, total dose, in one sentence.
/// Partial credits: "target", "modality", "fractionation", "total_dose".
std::shared_ptr<const Task> regimen_task();

/// Treatment modality, one of `labels`. An answer must name exactly one label; the study's other classes are read too
/// (and are then wrong), so that a photon never counts as an external beam.
/// Throws radonc::Error if there is no label.
std::shared_ptr<const Task> modality_task(std::vector<std::string> labels);

/// ICD-10-CM code of the tumour. Partial credit: "category", the first three characters.
std::shared_ptr<const Task> icd10_task();

/// The three tasks in the study's order; the modality task's labels are those of `cohort`.
/// Throws radonc::Error if no case of the cohort has a complete answer for one of them.
std::vector<std::shared_ptr<const Task>> study_tasks(const std::vector<data::CaseRecord>& cohort);

/// Throws radonc::Error naming the task and the class if the training answers are all the same.
void require_two_classes(const std::string& task, const std::vector<std::string>& answers);

}  // namespace radonc::tasks
