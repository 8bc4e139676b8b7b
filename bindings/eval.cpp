#include "common.hpp"
#include "radonc/eval/classification.hpp"
#include "radonc/eval/rouge.hpp"

namespace radonc::bindings {

void bind_eval(py::module_& module) {
  using namespace eval;
  auto m = module.def_submodule("eval");

  py::class_<RougeScore>(m, "RougeScore")
      .def_readonly("precision", &RougeScore::precision)
      .def_readonly("recall", &RougeScore::recall)
      .def_readonly("f1", &RougeScore::f1);
  m.def(
      "rouge_n",
      [](const std::string& reference, const std::string& prediction, int n, bool use_stemmer) {
        return rouge_n(reference, prediction, n, {.use_stemmer = use_stemmer});
      },
      py::arg("reference"), py::arg("prediction"), py::arg("n") = 1, py::kw_only(), py::arg("use_stemmer") = false,
      "Equal to rouge_score 0.1.2.");
  m.def(
      "rouge_l",
      [](const std::string& reference, const std::string& prediction, bool use_stemmer) {
        return rouge_l(reference, prediction, {.use_stemmer = use_stemmer});
      },
      py::arg("reference"), py::arg("prediction"), py::kw_only(), py::arg("use_stemmer") = false);
  m.def("majority_class", &majority_class, py::arg("labels"));
}

}  // namespace radonc::bindings
