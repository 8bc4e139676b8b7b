#include "arrays.hpp"
#include "radonc/stats/interval.hpp"
#include "result.hpp"

namespace radonc::bindings {

void bind_intervals(py::module_& m) {
  using namespace stats;
  using Ids = std::vector<std::string>;

  bind_result<Estimate>(m, "Estimate", "A figure with its confidence interval.")
      .def_readonly("value", &Estimate::value)
      .def_readonly("low", &Estimate::low)
      .def_readonly("high", &Estimate::high)
      .def_readonly("n", &Estimate::n)
      .def_readonly("method", &Estimate::method, "empty where it was read from a file")
      .def_readonly("confidence", &Estimate::confidence, "such as 0.95")
      .def_readonly("num_clusters", &Estimate::num_clusters, "patients, where these and not the cases are independent")
      .def_readonly("num_replicates", &Estimate::num_replicates, "of a bootstrap, else 0");

  m.def("wilson_interval", &wilson_interval, py::arg("successes"), py::arg("n"), py::arg("confidence") = 0.95,
        "A proportion with Wilson's score interval (Wilson 1927). Equal to scipy.stats.binomtest(successes,\n"
        "n).proportion_ci(method=\"wilson\"). Raises radonc.Error unless 0 <= successes <= n, n > 0 and\n"
        "0 < confidence < 1.");
  m.def("clopper_pearson_interval", &clopper_pearson_interval, py::arg("successes"), py::arg("n"),
        py::arg("confidence") = 0.95,
        "A proportion with Clopper and Pearson's exact interval (1934), which never covers less than `confidence`.\n"
        "Equal to scipy.stats.binomtest(successes, n).proportion_ci(method=\"exact\"). Raises radonc.Error as\n"
        "wilson_interval does.");
  m.def(
      "clustered_wilson_interval",
      [](const Doubles& successes, const Ids& clusters, double confidence) {
        std::vector<bool> values;
        for (const double value : span_of(successes, "successes")) {
          if (value != 0 && value != 1)
            throw Error(fmt::format("successes: expected true or false, 1 or 0, got {}.", value));
          values.push_back(value == 1);
        }
        return clustered_wilson_interval(values, clusters, confidence);
      },
      py::arg("successes"), py::arg("clusters"), py::arg("confidence") = 0.95,
      R"(A proportion with Wilson's interval for the effective number of cases, where a patient may have several.

successes:  [n] true or false
clusters:   [n] strings, the patient of each case

Equal to wilson_interval where every case is another patient's (Korn and Graubard 1998; Dean and Pagano 2015). Raises
radonc.Error on empty or unequally long input or a confidence outside (0, 1).)");
  m.def(
      "bootstrap_mean_interval",
      [](const Doubles& values, const Ids& clusters, double confidence, std::size_t num_replicates,
         std::uint64_t seed) {
        return bootstrap_mean_interval(span_of(values, "values"), clusters, confidence, num_replicates, seed);
      },
      py::arg("values"), py::arg("clusters"), py::arg("confidence") = 0.95, py::kw_only(),
      py::arg("num_replicates") = 2000, py::arg("seed") = 0, ReleaseGil(),
      R"(A mean with the percentile bootstrap interval over whole clusters (Efron 1979).

values:    [n] numbers
clusters:  [n] strings, the patient of each value, since cases of one patient are not independent

Same seed, same interval. Raises radonc.Error on empty or unequally long input, values that are not finite, no
replicates, or a confidence outside (0, 1).)");
  m.def(
      "bca_mean_interval",
      [](const Doubles& values, const Ids& clusters, double confidence, std::size_t num_replicates, std::uint64_t seed,
         unsigned num_threads) {
        return bca_mean_interval(span_of(values, "values"), clusters, confidence, num_replicates, seed, num_threads);
      },
      py::arg("values"), py::arg("clusters"), py::arg("confidence") = 0.95, py::kw_only(),
      py::arg("num_replicates") = 10000, py::arg("seed") = 0, py::arg("num_threads") = 0, ReleaseGil(),
      R"(A mean with the bias-corrected and accelerated bootstrap interval over whole clusters (Efron 1987).

values, clusters:  as those of bootstrap_mean_interval
num_threads:       0: one for each core; the result does not depend on it

The arithmetic is that of scipy.stats.bootstrap(method="BCa"). Raises radonc.Error as bootstrap_mean_interval does, and
with fewer than two clusters.)");
}

}  // namespace radonc::bindings
