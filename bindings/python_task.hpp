// Tasks that are written in Python.
#pragma once

#include <pybind11/trampoline_self_life_support.h>

#include "common.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::bindings {

/// What a subclass of radonc.tasks.Task says, asked under Python's lock: attributes or properties `name`, `title`,
/// `question`, `valid_answers` and `has_classes`, methods `reference`, `parse_text`, `is_right`, `partial_credits`,
/// `comparison` and `describe`. What it does not define is as in C++.
class __attribute__((visibility("hidden"))) PythonTask : public tasks::Task, public py::trampoline_self_life_support {
 public:
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::string title() const override;
  [[nodiscard]] bool has_classes() const override;
  [[nodiscard]] tasks::Reference reference(const data::CaseRecord& record) const override;
  [[nodiscard]] std::string question() const override;
  [[nodiscard]] std::vector<std::string> valid_answers() const override;
  [[nodiscard]] Parsed parse_text(const std::string& text) const override;
  [[nodiscard]] bool is_right(const std::string& prediction, const std::string& reference) const override;
  [[nodiscard]] std::vector<std::pair<std::string, double>> partial_credits(
      const std::optional<std::string>& prediction, const std::string& reference) const override;
  [[nodiscard]] std::vector<tasks::Quantity> quantities(const std::string& prediction,
                                                        const std::string& reference) const override;
  [[nodiscard]] std::string comparison() const override;
  [[nodiscard]] std::string describe(const std::string& answer) const override;

 private:
  /// The attribute of that name that the subclass, not radonc, defines; null if it does not. Needs Python's lock.
  [[nodiscard]] py::object own(const char* name) const;
  /// The same, which must be there. Throws radonc::Error naming the class.
  [[nodiscard]] py::object required(const char* name) const;
};

}  // namespace radonc::bindings
