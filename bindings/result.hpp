// How a statistic's result looks in Python, and the parts of radonc.stats.
#pragma once

#include "common.hpp"

namespace radonc::bindings {

/// A class that prints as its sentence and tells its assumptions and where it is from.
template <typename Result>
py::class_<Result> bind_result(py::module_& module, const char* name, const char* doc) {
  return py::class_<Result>(module, name, doc)
      .def_readonly("assumptions", &Result::assumptions)
      .def_readonly("reference", &Result::reference)
      .def("__str__", &Result::to_sentence)
      .def("__repr__", &Result::to_sentence);
}

void bind_intervals(py::module_& stats);
void bind_agreement(py::module_& stats);

}  // namespace radonc::bindings
