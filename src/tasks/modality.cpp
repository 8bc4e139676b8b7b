#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/data/course.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "tasks/text.hpp"

namespace radonc::tasks {
namespace {

/// Every class a model may name.
std::vector<std::string> known_classes() {
  using clinical::Modality;
  std::vector<std::string> names;
  for (const auto modality : {Modality::kBrachytherapy, Modality::kElectron, Modality::kExternalBeam, Modality::kPhoton,
                              Modality::kProton, Modality::kRadionuclide})
    names.push_back(to_string(modality));
  return names;
}

class ModalityTask : public Task {
 public:
  explicit ModalityTask(std::vector<std::string> labels) : labels_(std::move(labels)), classes_(known_classes()) {
    std::sort(labels_.begin(), labels_.end());
    for (const std::string& label : labels_)
      if (std::find(classes_.begin(), classes_.end(), label) == classes_.end()) classes_.push_back(label);
  }

  std::string name() const override { return "modality"; }

  std::string title() const override { return "Modality"; }

  Reference reference(const data::CaseRecord& record) const override {
    if (record.courses.size() != 1) return {{std::nullopt, "not one course"}};
    const auto read = data::recorded_modality(record.courses[0]);
    return {{read ? std::optional(to_string(*read)) : std::nullopt, read.reason}};
  }

  std::string question() const override {
    std::string choice = labels_.empty() ? "" : labels_[0];
    for (std::size_t i = 1; i < labels_.size(); ++i) choice += (i + 1 < labels_.size() ? ", " : " or ") + labels_[i];
    return fmt::format("Was the radiotherapy of this patient {}? Answer in one or two words.", choice);
  }

  std::vector<std::string> valid_answers() const override { return labels_; }

  Parsed parse_text(const std::string& text) const override { return named_answer(text, classes_, "modality"); }

  std::string comparison() const override {
    return "An answer is right if it names the recorded modality, and no other.";
  }

 private:
  std::vector<std::string> labels_, classes_;
};

}  // namespace

std::shared_ptr<const Task> modality_task(std::vector<std::string> labels) {
  if (labels.empty()) throw Error("The modality task needs at least one label; no case of the cohort has a modality.");
  return std::make_shared<ModalityTask>(std::move(labels));
}

std::shared_ptr<const Task> modality_task_of(const std::vector<data::CaseRecord>& cohort) {
  std::set<std::string> labels;
  for (const data::CaseRecord& record : cohort) {
    if (record.courses.size() != 1) continue;
    if (const auto read = data::recorded_modality(record.courses[0])) labels.insert(to_string(*read));
  }
  return std::make_shared<ModalityTask>(std::vector<std::string>(labels.begin(), labels.end()));
}

}  // namespace radonc::tasks
