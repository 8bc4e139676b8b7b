#include "python_task.hpp"

#include "radonc/core/error.hpp"

namespace radonc::bindings {
namespace {

using Gil = py::gil_scoped_acquire;

template <typename Value>
Value converted(const py::object& value, const char* what) {
  try {
    return value.cast<Value>();
  } catch (const py::cast_error&) {
    throw Error("A task's " + std::string(what) +
                " is of the wrong type: " + std::string(py::str(py::type::of(value).attr("__name__"))) + ".");
  }
}

/// A text, None, or a pair (None, reason); for references a third entry is the remark.
template <typename Reading>
Reading reading_of(const py::object& value, const char* what) {
  Reading reading;
  if (py::isinstance<py::tuple>(value)) {
    const auto parts = py::cast<py::tuple>(value);
    if (parts.size() < 2) throw Error("A task's " + std::string(what) + ": expected (value, reason).");
    if (!parts[0].is_none()) reading.value = converted<std::string>(parts[0], what);
    reading.reason = converted<std::string>(parts[1], what);
  } else if (!value.is_none()) {
    reading.value = converted<std::string>(value, what);
  }
  return reading;
}

}  // namespace

py::object PythonTask::own(const char* name) const {
  const py::object self = py::cast(static_cast<const tasks::Task*>(this), py::return_value_policy::reference);
  const py::object base = py::type::of<tasks::Task>();
  for (const py::handle type : py::type::of(self).attr("__mro__")) {
    if (type.is(base)) break;
    if (py::hasattr(type.attr("__dict__"), "__contains__") && type.attr("__dict__").contains(name))
      return self.attr(name);
  }
  // Set on the object itself, as in a constructor.
  if (py::hasattr(self, "__dict__") && self.attr("__dict__").contains(name)) return self.attr(name);
  return {};
}

py::object PythonTask::required(const char* name) const {
  py::object found = own(name);
  if (!found) {
    const py::object self = py::cast(static_cast<const tasks::Task*>(this), py::return_value_policy::reference);
    throw Error(std::string(py::str(py::type::of(self).attr("__name__"))) + ": a task needs `" + name +
                "`. Define it in the class.");
  }
  return found;
}

std::string PythonTask::name() const {
  const Gil gil;
  return converted<std::string>(required("name"), "name");
}

std::string PythonTask::title() const {
  const Gil gil;
  const py::object found = own("title");
  return found ? converted<std::string>(found, "title") : name();
}

bool PythonTask::has_classes() const {
  const Gil gil;
  const py::object found = own("has_classes");
  return found ? converted<bool>(found, "has_classes") : Task::has_classes();
}

std::string PythonTask::question() const {
  const Gil gil;
  return converted<std::string>(required("question"), "question");
}

std::vector<std::string> PythonTask::valid_answers() const {
  const Gil gil;
  const py::object found = own("valid_answers");
  return found ? converted<std::vector<std::string>>(found, "valid_answers") : Task::valid_answers();
}

tasks::Reference PythonTask::reference(const data::CaseRecord& record) const {
  const Gil gil;
  const py::object found = required("reference")(py::cast(record, py::return_value_policy::copy));
  auto reference = reading_of<tasks::Reference>(found, "reference");
  if (!reference && reference.reason.empty()) reference.reason = "not recorded";
  return reference;
}

tasks::Task::Parsed PythonTask::parse_text(const std::string& text) const {
  const Gil gil;
  const py::object found = own("parse_text");
  if (!found) return Task::parse_text(text);
  auto parsed = reading_of<Parsed>(found(text), "parse_text");
  if (!parsed && parsed.reason.empty()) parsed.reason = "no answer";
  return parsed;
}

bool PythonTask::is_right(const std::string& prediction, const std::string& reference) const {
  const Gil gil;
  const py::object found = own("is_right");
  return found ? converted<bool>(found(prediction, reference), "is_right") : Task::is_right(prediction, reference);
}

std::vector<std::pair<std::string, double>> PythonTask::partial_credits(const std::optional<std::string>& prediction,
                                                                        const std::string& reference) const {
  const Gil gil;
  const py::object found = own("partial_credits");
  if (!found) return Task::partial_credits(prediction, reference);
  std::vector<std::pair<std::string, double>> credits;
  const auto given = converted<py::dict>(found(prediction, reference), "partial_credits");
  for (const auto& [name, credit] : given)
    credits.emplace_back(py::cast<std::string>(name),
                         converted<double>(py::reinterpret_borrow<py::object>(credit), "partial credit"));
  return credits;
}

std::vector<tasks::Quantity> PythonTask::quantities(const std::string& prediction, const std::string& reference) const {
  const Gil gil;
  const py::object found = own("quantities");
  return found ? converted<std::vector<tasks::Quantity>>(found(prediction, reference), "quantities")
               : Task::quantities(prediction, reference);
}

std::string PythonTask::comparison() const {
  const Gil gil;
  const py::object found = own("comparison");
  return found ? converted<std::string>(found, "comparison") : Task::comparison();
}

std::string PythonTask::describe(const std::string& answer) const {
  const Gil gil;
  const py::object found = own("describe");
  return found ? converted<std::string>(found(answer), "describe") : Task::describe(answer);
}

}  // namespace radonc::bindings
