#include "radonc/stats/agreement.hpp"

#include <pybind11/native_enum.h>

#include <limits>

#include "arrays.hpp"
#include "result.hpp"

namespace radonc::bindings {
namespace {

using namespace stats;

void bind_types(py::module_& m) {
  py::native_enum<AgreementWeights>(m, "AgreementWeights", "enum.Enum")
      .value("identity", AgreementWeights::kIdentity)
      .value("linear", AgreementWeights::kLinear)
      .value("quadratic", AgreementWeights::kQuadratic)
      .finalize();
  py::native_enum<MeasurementLevel>(m, "MeasurementLevel", "enum.Enum")
      .value("nominal", MeasurementLevel::kNominal)
      .value("ordinal", MeasurementLevel::kOrdinal)
      .value("interval", MeasurementLevel::kInterval)
      .finalize();
  py::native_enum<IccForm>(m, "IccForm", "enum.Enum")
      .value("one_way", IccForm::kOneWay)
      .value("two_way_agreement", IccForm::kTwoWayAgreement)
      .value("two_way_consistency", IccForm::kTwoWayConsistency)
      .finalize();
  bind_result<AgreementResult>(m, "AgreementResult", "What a coefficient of agreement says.")
      .def_readonly("name", &AgreementResult::name)
      .def_readonly("value", &AgreementResult::value, "1: agreement throughout; 0: what chance gives")
      .def_readonly("observed", &AgreementResult::observed, "share of agreement; of alpha the disagreement")
      .def_readonly("expected", &AgreementResult::expected, "the same by chance")
      .def_readonly("num_units", &AgreementResult::num_units, "units that count")
      .def_readonly("num_raters", &AgreementResult::num_raters)
      .def_readonly("num_categories", &AgreementResult::num_categories)
      .def_readonly("num_missing", &AgreementResult::num_missing)
      .def_readonly("method", &AgreementResult::method, "weights or level");
  bind_result<IccResult>(m, "IccResult", "What intraclass_correlation says.")
      .def_readonly("form", &IccResult::form)
      .def_readonly("value", &IccResult::value)
      .def_readonly("low", &IccResult::low)
      .def_readonly("high", &IccResult::high)
      .def_readonly("confidence", &IccResult::confidence)
      .def_readonly("f", &IccResult::f)
      .def_readonly("df1", &IccResult::df1)
      .def_readonly("df2", &IccResult::df2)
      .def_readonly("p_value", &IccResult::p_value, "of that F")
      .def_readonly("num_units", &IccResult::num_units)
      .def_readonly("num_raters", &IccResult::num_raters);
}

py::array_t<double> array_of(const Ratings& ratings) {
  py::array_t<double> array({ratings.size(), ratings.front().size()});
  double* value = array.mutable_data();
  for (const auto& unit : ratings)
    for (const auto& rating : unit) *value++ = rating.value_or(std::numeric_limits<double>::quiet_NaN());
  return array;
}

// radonc.Error comes back as what it was in C++.
double coefficient_of(const py::function& coefficient, const Ratings& ratings) {
  try {
    return coefficient(array_of(ratings)).cast<double>();
  } catch (py::error_already_set& raised) {
    if (!raised.matches(py::module_::import("radonc._core").attr("Error"))) throw;
    throw Error(py::str(raised.value()).cast<std::string>());
  }
}

}  // namespace

void bind_agreement(py::module_& m) {
  bind_types(m);
  m.def(
      "cohen_kappa",
      [](const Doubles& first, const Doubles& second, AgreementWeights weights) {
        return cohen_kappa(span_of(first, "first"), span_of(second, "second"), weights);
      },
      py::arg("first"), py::arg("second"), py::kw_only(), py::arg("weights") = AgreementWeights::kIdentity,
      R"(Cohen's kappa of two raters (1960; weighted 1968).

first, second:  categories [units] as numbers, in their order
weights:        by the distance of two categories' positions among those used

Equal to sklearn.metrics.cohen_kappa_score. Raises radonc.Error on empty or unequally long input, a rating that is not
finite, or one category throughout.)");
  m.def(
      "fleiss_kappa", [](const py::object& ratings) { return fleiss_kappa(ratings_of(ratings)); }, py::arg("ratings"),
      R"(Fleiss' kappa (1971) of ratings [units, raters], as statsmodels' fleiss_kappa.

NaN or None where a rating is missing; every unit needs the same number of ratings. Raises radonc.Error on no units,
fewer than two raters, or one category throughout.)");
  m.def(
      "gwet_ac",
      [](const py::object& ratings, AgreementWeights weights, const std::vector<double>& categories) {
        return gwet_ac(ratings_of(ratings), weights, categories);
      },
      py::arg("ratings"), py::kw_only(), py::arg("weights") = AgreementWeights::kIdentity,
      py::arg("categories") = std::vector<double>(),
      R"(Gwet's AC1 (2008), with weights AC2 (2014), of ratings [units, raters], as irrCAC.

NaN or None where a rating is missing. categories: those that raters could choose; empty: those that occur. Raises
radonc.Error on no unit with two ratings, fewer than two categories, or a rating outside `categories`.)");
  m.def(
      "krippendorff_alpha",
      [](const py::object& ratings, MeasurementLevel level) { return krippendorff_alpha(ratings_of(ratings), level); },
      py::arg("ratings"), py::kw_only(), py::arg("level") = MeasurementLevel::kNominal,
      R"(Krippendorff's alpha (1970, 2011) of ratings [units, raters], as the package krippendorff.

NaN or None where a rating is missing; units with fewer than two do not count. Raises radonc.Error on no unit with two
ratings, or one category throughout.)");
  m.def(
      "intraclass_correlation",
      [](const py::object& ratings, IccForm form, double confidence) {
        return intraclass_correlation(ratings_of(ratings), form, confidence);
      },
      py::arg("ratings"), py::kw_only(), py::arg("form") = IccForm::kTwoWayAgreement, py::arg("confidence") = 0.95,
      R"(The intraclass correlation of single ratings [units, raters] with its F-based interval (Shrout and Fleiss 1979).

form:  one_way is ICC(1,1), two_way_agreement ICC(2,1), two_way_consistency ICC(3,1)

As pingouin.intraclass_corr. Raises radonc.Error on fewer than two units or raters, missing ratings, ratings that are
all equal, or a confidence outside (0, 1).)");
  m.def(
      "agreement_interval",
      [](const py::object& ratings, const std::vector<std::string>& clusters, const py::function& coefficient,
         double confidence, std::size_t num_replicates, std::uint64_t seed) {
        return agreement_interval(
            ratings_of(ratings), clusters, [&](const Ratings& drawn) { return coefficient_of(coefficient, drawn); },
            confidence, num_replicates, seed);
      },
      py::arg("ratings"), py::arg("clusters"), py::arg("coefficient"), py::arg("confidence") = 0.95, py::kw_only(),
      py::arg("num_replicates") = 2000, py::arg("seed") = 0,
      R"(Any coefficient of agreement with a percentile bootstrap interval over whole clusters of units (Efron 1979).

ratings:      [units, raters], NaN or None where a rating is missing
clusters:     [units] strings, the patient of each unit
coefficient:  from an array [units, raters] to a number, e.g. lambda r: krippendorff_alpha(r).value

Resamples for which the coefficient raises radonc.Error are left out; num_replicates counts the others. Same seed, same
interval. Raises radonc.Error if the coefficient does for the ratings themselves or for all resamples, on unequally
long input, no replicates, or a confidence outside (0, 1).)");
}

}  // namespace radonc::bindings
