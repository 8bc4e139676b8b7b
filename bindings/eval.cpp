#include "common.hpp"
#include "radonc/eval/bleu.hpp"
#include "radonc/eval/calibration.hpp"
#include "radonc/eval/classification.hpp"
#include "radonc/eval/rouge.hpp"
#include "radonc/eval/text_match.hpp"

namespace radonc::bindings {
namespace {

using namespace eval;

void bind_texts(py::module_& m) {
  py::class_<RougeScore>(m, "RougeScore")
      .def_readonly("precision", &RougeScore::precision)
      .def_readonly("recall", &RougeScore::recall)
      .def_readonly("f1", &RougeScore::f1);
  py::class_<RougeScores>(m, "RougeScores")
      .def_readonly("rouge1", &RougeScores::rouge1)
      .def_readonly("rouge2", &RougeScores::rouge2)
      .def_readonly("rouge_l", &RougeScores::rouge_l)
      .def_readonly("rouge_lsum", &RougeScores::rouge_lsum)
      .def("__str__", &RougeScores::to_text);
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
  m.def(
      "rouge",
      [](const std::string& reference, const std::string& prediction, bool use_stemmer) {
        return rouge(reference, prediction, {.use_stemmer = use_stemmer});
      },
      py::arg("reference"), py::arg("prediction"), py::kw_only(), py::arg("use_stemmer") = false,
      "ROUGE-1, -2, -L and -Lsum in one pass.");
  m.def(
      "mean_rouge",
      [](const std::vector<std::string>& references, const std::vector<std::string>& predictions, bool use_stemmer) {
        return mean_rouge(references, predictions, {.use_stemmer = use_stemmer});
      },
      py::arg("references"), py::arg("predictions"), py::kw_only(), py::arg("use_stemmer") = false, ReleaseGil());
  m.def("exact_match", &exact_match, py::arg("reference"), py::arg("prediction"), "After SQuAD 2.0's normalisation.");
  m.def(
      "token_f1",
      [](const std::string& reference, const std::string& prediction) { return token_f1(reference, prediction).f1; },
      py::arg("reference"), py::arg("prediction"), "SQuAD 2.0's F1 of the words.");
  py::class_<BleuScore>(m, "BleuScore")
      .def_readonly("score", &BleuScore::score)
      .def_readonly("precisions", &BleuScore::precisions)
      .def_readonly("brevity_penalty", &BleuScore::brevity_penalty)
      .def("__str__", &BleuScore::to_text);
  m.def("corpus_bleu", &corpus_bleu, py::arg("references"), py::arg("predictions"),
        "Equal to sacrebleu; references[i] lists the references of predictions[i].");
  m.def("corpus_chrf", &corpus_chrf, py::arg("references"), py::arg("predictions"), "Equal to sacrebleu's chrF2.");
}

void bind_classes(py::module_& m) {
  py::class_<ClassMetrics>(m, "ClassMetrics")
      .def_readonly("label", &ClassMetrics::label)
      .def_readonly("precision", &ClassMetrics::precision)
      .def_readonly("recall", &ClassMetrics::recall)
      .def_readonly("f1", &ClassMetrics::f1)
      .def_readonly("support", &ClassMetrics::support);
  py::class_<AverageMetrics>(m, "AverageMetrics")
      .def_readonly("precision", &AverageMetrics::precision)
      .def_readonly("recall", &AverageMetrics::recall)
      .def_readonly("f1", &AverageMetrics::f1);
  py::class_<ClassificationReport>(m, "ClassificationReport", "Prints as a table.")
      .def_readonly("classes", &ClassificationReport::classes)
      .def_readonly("micro", &ClassificationReport::micro)
      .def_readonly("macro", &ClassificationReport::macro)
      .def_readonly("weighted", &ClassificationReport::weighted)
      .def_readonly("accuracy", &ClassificationReport::accuracy)
      .def_readonly("balanced_accuracy", &ClassificationReport::balanced_accuracy)
      .def_readonly("kappa", &ClassificationReport::kappa, "Cohen's, unweighted")
      .def_readonly("matthews", &ClassificationReport::matthews, "Matthews' correlation coefficient")
      .def_readonly("num_unparsed", &ClassificationReport::num_unparsed)
      .def("__str__", &ClassificationReport::to_text);
  m.def(
      "classification_report",
      [](const std::vector<std::string>& references, const std::vector<std::optional<std::string>>& predictions,
         std::vector<std::string> labels, double zero_division) {
        std::vector<std::string> parsed;
        for (const auto& prediction : predictions) parsed.push_back(prediction.value_or(""));
        return classification_report(references, parsed, {.labels = std::move(labels), .zero_division = zero_division});
      },
      py::arg("references"), py::arg("predictions"), py::kw_only(), py::arg("labels") = std::vector<std::string>(),
      py::arg("zero_division") = 0.0, "Equal to scikit-learn's. None is an unparsed answer: wrong, and never dropped.");
  m.def("top_k_accuracy", &top_k_accuracy, py::arg("references"), py::arg("ranked"), py::arg("k"));
  m.def("majority_class", &majority_class, py::arg("labels"));
}

void bind_calibration(py::module_& m) {
  py::class_<ReliabilityBin>(m, "ReliabilityBin")
      .def_readonly("low", &ReliabilityBin::low)
      .def_readonly("high", &ReliabilityBin::high)
      .def_readonly("n", &ReliabilityBin::n)
      .def_readonly("mean_confidence", &ReliabilityBin::mean_confidence)
      .def_readonly("accuracy", &ReliabilityBin::accuracy);
  py::class_<ReliabilityTable>(m, "ReliabilityTable", "Prints as a table.")
      .def_readonly("bins", &ReliabilityTable::bins)
      .def_readonly("expected_calibration_error", &ReliabilityTable::expected_calibration_error)
      .def_readonly("maximum_calibration_error", &ReliabilityTable::maximum_calibration_error)
      .def("__str__", &ReliabilityTable::to_text);
  m.def("reliability_table", &reliability_table, py::arg("confidence"), py::arg("correct"), py::arg("num_bins") = 10);
  m.def("brier_score", &brier_score, py::arg("happened"), py::arg("probability"));
  py::class_<CoveragePoint>(m, "CoveragePoint")
      .def_readonly("threshold", &CoveragePoint::threshold)
      .def_readonly("coverage", &CoveragePoint::coverage)
      .def_readonly("accuracy", &CoveragePoint::accuracy);
  py::class_<CoverageCurve>(m, "CoverageCurve", "What abstaining from unsure answers would gain.")
      .def_readonly("points", &CoverageCurve::points)
      .def_readonly("area", &CoverageCurve::area)
      .def("__str__", &CoverageCurve::to_text);
  m.def("coverage_curve", &coverage_curve, py::arg("confidence"), py::arg("correct"));
}

}  // namespace

void bind_eval(py::module_& module) {
  auto m = module.def_submodule("eval");
  bind_texts(m);
  bind_classes(m);
  bind_calibration(m);
}

}  // namespace radonc::bindings
