// What every binding file needs; precompiled. Torch is not in it: most files bind what needs none (see to_torch.hpp).
#pragma once

#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "radonc/text/prompt_template.hpp"

namespace radonc::bindings {

namespace py = pybind11;

using ReleaseGil = py::call_guard<py::gil_scoped_release>;

/// The template of that name; the tokenizer's own if the name is empty.
text::PromptTemplate chosen_template(const text::Tokenizer& tokenizer, const std::string& name);

void bind_core(py::module_& module);
void bind_data(py::module_& module);
void bind_icd10(py::module_& module);
void bind_regimen(py::module_& module);
void bind_review(py::module_& module);
void bind_text(py::module_& module);
void bind_metrics(py::module_& module);
void bind_tasks(py::module_& module);
void bind_stats(py::module_& module);
void bind_evaluation(py::module_& module);
void bind_report(py::module_& module);
void bind_model(py::module_& module);
void bind_lora(py::module_& module);
void bind_train(py::module_& module);
void bind_generate(py::module_& module);
void bind_study(py::module_& module);

/// A constructor that takes any of the struct's fields by keyword and refuses others.
template <typename Struct, typename Class>
void init_by_keywords(Class& bound) {
  bound.def(py::init([](const py::kwargs& fields) {
    Struct value;
    py::object object = py::cast(&value, py::return_value_policy::reference);
    for (const auto& [name, field] : fields) {
      if (!py::hasattr(object, name)) {
        const std::string type = py::str(py::type::of<Struct>().attr("__name__"));
        throw py::type_error(type + " has no field " + std::string(py::str(name)));
      }
      py::setattr(object, name, field);
    }
    return value;
  }));
}

}  // namespace radonc::bindings
