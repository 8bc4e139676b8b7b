#include <fmt/format.h>

#include <algorithm>

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

bool names_class(const std::string& text, const std::string& name) {
  for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const auto letter = [&](std::size_t i) {
      return i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])) != 0;
    };
    std::size_t end = at + name.size();
    if (end < text.size() && text[end] == 's') ++end;  // a plural
    if (!(at > 0 && letter(at - 1)) && !letter(end)) return true;
  }
  return false;
}

class ModalityTask : public Task {
 public:
  explicit ModalityTask(std::vector<std::string> labels) : labels_(std::move(labels)), classes_(known_classes()) {
    std::sort(labels_.begin(), labels_.end());
    for (const std::string& label : labels_)
      if (std::find(classes_.begin(), classes_.end(), label) == classes_.end()) classes_.push_back(label);
  }

  std::string name() const override { return "modality"; }

  std::optional<std::string> reference(const data::CaseRecord& record) const override {
    if (record.courses.size() != 1) return std::nullopt;
    const auto read = data::recorded_modality(record.courses[0]);
    return read.value ? std::optional(to_string(*read.value)) : std::nullopt;
  }

  std::string question() const override {
    std::string choice = labels_[0];
    for (std::size_t i = 1; i < labels_.size(); ++i) choice += (i + 1 < labels_.size() ? ", " : " or ") + labels_[i];
    return fmt::format("Was the radiotherapy of this patient {}? Answer in one or two words.", choice);
  }

  std::vector<std::string> valid_answers() const override { return labels_; }

  Parsed parse_text(const std::string& text) const override {
    for (const std::string& line : lines(text)) {
      std::vector<std::string> named;
      for (const std::string& name : classes_)
        if (names_class(lowered(line), name)) named.push_back(name);
      if (named.size() > 1) return {std::nullopt, "names more than one modality"};
      if (!named.empty()) return {named[0], ""};
    }
    return {std::nullopt, "names no modality"};
  }

  std::vector<std::pair<std::string, double>> partial_credits(const std::optional<std::string>& /*prediction*/,
                                                              const std::string& /*reference*/) const override {
    return {};
  }

 private:
  std::vector<std::string> labels_, classes_;
};

}  // namespace

std::shared_ptr<const Task> modality_task(std::vector<std::string> labels) {
  if (labels.empty()) throw Error("The modality task needs at least one label; no case of the cohort has a modality.");
  return std::make_shared<ModalityTask>(std::move(labels));
}

}  // namespace radonc::tasks
