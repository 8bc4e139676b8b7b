#include <pybind11/native_enum.h>

#include "common.hpp"
#include "radonc/stats/interval.hpp"
#include "radonc/stats/mcnemar.hpp"
#include "radonc/stats/multiple_testing.hpp"
#include "radonc/stats/wilcoxon.hpp"

namespace radonc::bindings {

void bind_stats(py::module_& module) {
  using namespace stats;
  auto m = module.def_submodule("stats");

  py::native_enum<ZeroMethod>(m, "ZeroMethod", "enum.Enum")
      .value("wilcox", ZeroMethod::kWilcox)
      .value("pratt", ZeroMethod::kPratt)
      .value("zsplit", ZeroMethod::kZSplit)
      .finalize();
  py::native_enum<Alternative>(m, "Alternative", "enum.Enum")
      .value("two_sided", Alternative::kTwoSided)
      .value("greater", Alternative::kGreater)
      .value("less", Alternative::kLess)
      .finalize();
  py::native_enum<WilcoxonMethod>(m, "WilcoxonMethod", "enum.Enum")
      .value("auto", WilcoxonMethod::kAuto)
      .value("exact", WilcoxonMethod::kExact)
      .value("permutation", WilcoxonMethod::kPermutation)
      .value("approx", WilcoxonMethod::kApprox)
      .finalize();

  py::class_<WilcoxonResult>(m, "WilcoxonResult")
      .def_readonly("statistic", &WilcoxonResult::statistic)
      .def_readonly("p_value", &WilcoxonResult::p_value)
      .def_readonly("z", &WilcoxonResult::z)
      .def_readonly("n", &WilcoxonResult::n)
      .def_readonly("num_zeros", &WilcoxonResult::num_zeros)
      .def_readonly("rank_biserial", &WilcoxonResult::rank_biserial)
      .def("__str__", &WilcoxonResult::summary);
  py::class_<Estimate>(m, "Estimate")
      .def_readonly("value", &Estimate::value)
      .def_readonly("low", &Estimate::low)
      .def_readonly("high", &Estimate::high)
      .def_readonly("n", &Estimate::n);

  m.def(
      "wilcoxon_signed_rank",
      [](const std::vector<double>& x, const std::vector<double>& y, ZeroMethod zero_method, Alternative alternative,
         bool correction, WilcoxonMethod method) {
        return wilcoxon_signed_rank(
            x, y, {.zero_method = zero_method, .alternative = alternative, .correction = correction, .method = method});
      },
      py::arg("x"), py::arg("y"), py::kw_only(), py::arg("zero_method") = ZeroMethod::kWilcox,
      py::arg("alternative") = Alternative::kTwoSided, py::arg("correction") = false,
      py::arg("method") = WilcoxonMethod::kAuto, "Equal to scipy.stats.wilcoxon (SciPy 1.17).");
  m.def("wilson_interval", &wilson_interval, py::arg("successes"), py::arg("n"), py::arg("confidence") = 0.95);
  m.def("holm", &holm, py::arg("p_values"), "Holm's step-down correction (Holm 1979).");
}

}  // namespace radonc::bindings
