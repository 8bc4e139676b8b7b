#include "common.hpp"
#include "radonc/metrics/bleu.hpp"
#include "radonc/metrics/calibration.hpp"
#include "radonc/metrics/classification.hpp"
#include "radonc/metrics/hierarchical.hpp"
#include "radonc/metrics/rouge.hpp"
#include "radonc/metrics/text_match.hpp"

namespace radonc::bindings {
namespace {

using namespace metrics;

using Labels = std::vector<std::string>;
using Predictions = std::vector<std::optional<std::string>>;

// None is an unparsed answer, which C++ is told as "".
Labels labels_of(const Predictions& predictions) {
  Labels labels;
  for (const auto& prediction : predictions) labels.push_back(prediction.value_or(""));
  return labels;
}

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
      "rouge_lsum",
      [](const std::string& reference, const std::string& prediction, bool use_stemmer) {
        return rouge_lsum(reference, prediction, {.use_stemmer = use_stemmer});
      },
      py::arg("reference"), py::arg("prediction"), py::kw_only(), py::arg("use_stemmer") = false,
      "A line is a sentence (Lin 2004, section 3.2).");
  m.def(
      "rouge_tokens",
      [](const std::string& text, bool use_stemmer) { return rouge_tokens(text, {.use_stemmer = use_stemmer}); },
      py::arg("text"), py::kw_only(), py::arg("use_stemmer") = false,
      "Lower-cased runs of [a-z0-9], stemmed if asked.");
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
}

void bind_text_match(py::module_& m) {
  m.def("normalize_answer", &normalize_answer, py::arg("text"), "SQuAD 2.0's normalisation.");
  m.def("exact_match", &exact_match, py::arg("reference"), py::arg("prediction"), "After SQuAD 2.0's normalisation.");
  py::class_<TokenScore>(m, "TokenScore")
      .def_readonly("precision", &TokenScore::precision)
      .def_readonly("recall", &TokenScore::recall)
      .def_readonly("f1", &TokenScore::f1);
  m.def("token_f1", &token_f1, py::arg("reference"), py::arg("prediction"),
        "Precision, recall and F1 of the words that both normalised answers share, as in SQuAD 2.0.");
  py::class_<TextMatch>(m, "TextMatch", "Means over cases, between 0 and 1; prints a line a figure.")
      .def_readonly("exact_match", &TextMatch::exact_match)
      .def_readonly("precision", &TextMatch::precision)
      .def_readonly("recall", &TextMatch::recall)
      .def_readonly("f1", &TextMatch::f1)
      .def_readonly("n", &TextMatch::n)
      .def("__str__", &TextMatch::to_text);
  m.def(
      "text_match",
      [](const Labels& references, const Predictions& predictions) {
        return text_match(references, labels_of(predictions));
      },
      py::arg("references"), py::arg("predictions"),
      "Mean exact match and token scores. None is an unparsed answer. Raises radonc.Error on empty or unequally long\n"
      "input.");
}

void bind_bleu(py::module_& m) {
  m.def("bleu_tokens", &bleu_tokens, py::arg("text"), "The tokens of sacrebleu's 13a.");
  py::class_<BleuScore>(m, "BleuScore", "Scores between 0 and 100; index n - 1 holds the n-grams of length n.")
      .def_readonly("score", &BleuScore::score)
      .def_readonly("precisions", &BleuScore::precisions)
      .def_readonly("matches", &BleuScore::matches)
      .def_readonly("totals", &BleuScore::totals)
      .def_readonly("brevity_penalty", &BleuScore::brevity_penalty)
      .def_readonly("prediction_length", &BleuScore::prediction_length)
      .def_readonly("reference_length", &BleuScore::reference_length)
      .def("__str__", &BleuScore::to_text);
  m.def("sentence_bleu", &sentence_bleu, py::arg("references"), py::arg("prediction"),
        "Equal to sacrebleu.sentence_bleu. Raises radonc.Error without references.");
  m.def("corpus_bleu", &corpus_bleu, py::arg("references"), py::arg("predictions"),
        "Equal to sacrebleu; references[i] lists the references of predictions[i].");
  m.def("sentence_chrf", &sentence_chrf, py::arg("references"), py::arg("prediction"),
        "Equal to sacrebleu.sentence_chrf (chrF2). Raises radonc.Error without references.");
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
      .def_readonly("n", &ClassificationReport::n)
      .def_readonly("num_unparsed", &ClassificationReport::num_unparsed)
      .def_property_readonly("labels", &ClassificationReport::labels, "the label set, in order")
      .def("__str__", &ClassificationReport::to_text);
  m.def(
      "classification_report",
      [](const Labels& references, const Predictions& predictions, Labels labels, double zero_division) {
        return classification_report(references, labels_of(predictions),
                                     {.labels = std::move(labels), .zero_division = zero_division});
      },
      py::arg("references"), py::arg("predictions"), py::kw_only(), py::arg("labels") = Labels(),
      py::arg("zero_division") = 0.0, "Equal to scikit-learn's. None is an unparsed answer: wrong, and never dropped.");
  py::class_<ConfusionMatrix>(m, "ConfusionMatrix", "Prints as a table, references downwards.")
      .def_readonly("rows", &ConfusionMatrix::rows)
      .def_readonly("columns", &ConfusionMatrix::columns)
      .def_readonly("counts", &ConfusionMatrix::counts, "[rows][columns]")
      .def("__str__", &ConfusionMatrix::to_text);
  m.def(
      "confusion_matrix",
      [](const Labels& references, const Predictions& predictions, Labels labels) {
        return confusion_matrix(references, labels_of(predictions), {.labels = std::move(labels)});
      },
      py::arg("references"), py::arg("predictions"), py::kw_only(), py::arg("labels") = Labels(),
      "How often each reference got each prediction; input and label set as those of classification_report.");
  m.attr("UNPARSED") = kUnparsed;
  m.attr("OTHER") = kOther;
  const auto figure = [&](const char* name, double (*compute)(const Labels&, const Labels&), const char* doc) {
    m.def(
        name,
        [compute](const Labels& references, const Predictions& predictions) {
          return compute(references, labels_of(predictions));
        },
        py::arg("references"), py::arg("predictions"), doc);
  };
  figure("balanced_accuracy", &balanced_accuracy, "Equal to sklearn.metrics.balanced_accuracy_score.");
  figure("unweighted_kappa", &unweighted_kappa,
         "Equal to sklearn.metrics.cohen_kappa_score; NaN if both sides hold one and the same label only.");
  figure("matthews_correlation", &matthews_correlation, "Equal to sklearn.metrics.matthews_corrcoef.");
  m.def("top_k_accuracy", &top_k_accuracy, py::arg("references"), py::arg("ranked"), py::arg("k"));
  m.def("majority_class", &majority_class, py::arg("labels"));
}

void bind_hierarchical(py::module_& m) {
  py::class_<HierarchicalMetrics>(m, "HierarchicalMetrics", "Prints a line a figure.")
      .def_readonly("precision", &HierarchicalMetrics::precision)
      .def_readonly("recall", &HierarchicalMetrics::recall)
      .def_readonly("f1", &HierarchicalMetrics::f1)
      .def_readonly("n", &HierarchicalMetrics::n)
      .def_readonly("num_unparsed", &HierarchicalMetrics::num_unparsed)
      .def("__str__", &HierarchicalMetrics::to_text);
  m.def(
      "hierarchical_metrics",
      [](const Labels& references, const Predictions& predictions, const Ancestors& ancestors) {
        return hierarchical_metrics(references, labels_of(predictions), ancestors);
      },
      py::arg("references"), py::arg("predictions"), py::arg("ancestors"),
      R"(Precision, recall and F1 that credit a near miss in a hierarchy (Kiritchenko et al. 2005), one label a case.

ancestors:  from a label to the list of its ancestors, empty for a label that it does not know

None is an unparsed answer. Raises radonc.Error on empty or unequally long input or an empty reference.)");
  m.def("hierarchical_metrics_of_sets", &hierarchical_metrics_of_sets, py::arg("references"), py::arg("predictions"),
        py::arg("ancestors"), "The same with a list of labels for each case; an empty one is an unparsed answer.");
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
      .def_readonly("mean_confidence", &ReliabilityTable::mean_confidence)
      .def_readonly("accuracy", &ReliabilityTable::accuracy)
      .def_readonly("n", &ReliabilityTable::n)
      .def("__str__", &ReliabilityTable::to_text);
  m.def("reliability_table", &reliability_table, py::arg("confidence"), py::arg("correct"), py::arg("num_bins") = 10);
  m.def("expected_calibration_error", &expected_calibration_error, py::arg("confidence"), py::arg("correct"),
        py::arg("num_bins") = 10, "That of reliability_table.");
  m.def("brier_score", &brier_score, py::arg("happened"), py::arg("probability"));
  m.def("brier_score_multiclass", &brier_score_multiclass, py::arg("classes"), py::arg("probabilities"),
        "Classes [n] from 0 on, probabilities [n][classes]. Equal to sklearn.metrics.brier_score_loss.");
  py::class_<CoveragePoint>(m, "CoveragePoint")
      .def_readonly("threshold", &CoveragePoint::threshold)
      .def_readonly("coverage", &CoveragePoint::coverage)
      .def_readonly("accuracy", &CoveragePoint::accuracy)
      .def_readonly("num_answered", &CoveragePoint::num_answered);
  py::class_<CoverageCurve>(m, "CoverageCurve", "What abstaining from unsure answers would gain.")
      .def_readonly("points", &CoverageCurve::points)
      .def_readonly("area", &CoverageCurve::area)
      .def("__str__", &CoverageCurve::to_text);
  m.def("coverage_curve", &coverage_curve, py::arg("confidence"), py::arg("correct"));
  m.def("coverage_at", &coverage_at, py::arg("confidence"), py::arg("correct"), py::arg("threshold"),
        "The point for one threshold: answers with confidence >= threshold are given.");
}

}  // namespace

void bind_metrics(py::module_& module) {
  auto m = module.def_submodule("metrics");
  bind_texts(m);
  bind_text_match(m);
  bind_bleu(m);
  bind_classes(m);
  bind_hierarchical(m);
  bind_calibration(m);
}

}  // namespace radonc::bindings
