#include "common.hpp"
#include "radonc/evaluation/evaluate.hpp"
#include "radonc/evaluation/study_result.hpp"
#include "radonc/report/html.hpp"
#include "radonc/report/terminal_table.hpp"

namespace radonc::bindings {
namespace {

using namespace evaluation;

void bind_task_result(py::module_& m) {
  py::class_<QuantityDifference>(m, "QuantityDifference", "How far one number of the answers is from the references'.")
      .def_readonly("name", &QuantityDifference::name)
      .def_readonly("unit", &QuantityDifference::unit)
      .def_readonly("n", &QuantityDifference::n, "answers that have it")
      .def_readonly("mean_absolute", &QuantityDifference::mean_absolute)
      .def_readonly("within_five_percent", &QuantityDifference::within_five_percent);
  py::class_<Calibration>(m, "Calibration")
      .def_readonly("reliability", &Calibration::reliability)
      .def_readonly("brier", &Calibration::brier)
      .def_readonly("coverage", &Calibration::coverage);
  py::class_<ModelMetrics>(m, "ModelMetrics", "One model's scores over one task's held-out cases.")
      .def_readonly("model", &ModelMetrics::model)
      .def_readonly("n", &ModelMetrics::n)
      .def_readonly("num_parsed", &ModelMetrics::num_parsed)
      .def_readonly("accuracy", &ModelMetrics::accuracy)
      .def_readonly("rouge1_f1", &ModelMetrics::rouge1_f1)
      .def_readonly("rouge1_precision", &ModelMetrics::rouge1_precision)
      .def_readonly("rouge1_recall", &ModelMetrics::rouge1_recall)
      .def_readonly("partial", &ModelMetrics::partial)
      .def_readonly("quantities", &ModelMetrics::quantities)
      .def_readonly("calibration", &ModelMetrics::calibration)
      .def_readonly("macro", &ModelMetrics::macro)
      .def_readonly("weighted", &ModelMetrics::weighted)
      .def_readonly("balanced_accuracy", &ModelMetrics::balanced_accuracy)
      .def_readonly("kappa", &ModelMetrics::kappa)
      .def_readonly("matthews", &ModelMetrics::matthews)
      .def_readonly("classes", &ModelMetrics::classes);
  py::class_<ScoreDifferences>(m, "ScoreDifferences", "One score case by case, the second model's minus the first's.")
      .def_readonly("score", &ScoreDifferences::score)
      .def_readonly("num_better", &ScoreDifferences::num_better)
      .def_readonly("num_equal", &ScoreDifferences::num_equal)
      .def_readonly("num_worse", &ScoreDifferences::num_worse)
      .def_readonly("histogram", &ScoreDifferences::histogram);
  py::class_<Comparison>(m, "Comparison", "Two models on the same cases, tested two-sided.")
      .def_readonly("first", &Comparison::first)
      .def_readonly("second", &Comparison::second)
      .def_readonly("score", &Comparison::score)
      .def_readonly("difference", &Comparison::difference)
      .def_readonly("test", &Comparison::test)
      .def_readonly("p_holm", &Comparison::p_holm);
  py::class_<Subgroup>(m, "Subgroup", "The tested model against the first one within a group; exploratory.")
      .def_readonly("variable", &Subgroup::variable)
      .def_readonly("value", &Subgroup::value)
      .def_readonly("n", &Subgroup::n)
      .def_readonly("num_patients", &Subgroup::num_patients)
      .def_readonly("before", &Subgroup::before)
      .def_readonly("after", &Subgroup::after)
      .def_readonly("difference", &Subgroup::difference)
      .def_readonly("p_value", &Subgroup::p_value)
      .def_readonly("method", &Subgroup::method)
      .def_readonly("p_adjusted", &Subgroup::p_adjusted);
  py::class_<TaskResult>(m, "TaskResult", "One task; the second model is tested against the first.")
      .def_readonly("task", &TaskResult::task)
      .def_readonly("title", &TaskResult::title)
      .def_property_readonly("allowed", [](const TaskResult& self) { return to_string(self.allowed); })
      .def_readonly("has_classes", &TaskResult::has_classes)
      .def_readonly("num_train", &TaskResult::num_train)
      .def_readonly("num_cases", &TaskResult::num_cases)
      .def_readonly("num_patients", &TaskResult::num_patients)
      .def_readonly("labels", &TaskResult::labels)
      .def_readonly("models", &TaskResult::models)
      .def_readonly("majority_label", &TaskResult::majority_label)
      .def_readonly("tested_score", &TaskResult::tested_score)
      .def_readonly("test", &TaskResult::test)
      .def_readonly("difference", &TaskResult::difference)
      .def_readonly("p_holm", &TaskResult::p_holm)
      .def_readonly("accuracy_test", &TaskResult::accuracy_test)
      .def_readonly("score_differences", &TaskResult::score_differences)
      .def_readonly("comparisons", &TaskResult::comparisons)
      .def_readonly("subgroups", &TaskResult::subgroups);
}

}  // namespace

void bind_evaluation(py::module_& module) {
  auto m = module.def_submodule("evaluation");
  bind_task_result(m);

  py::class_<ArmResult>(m, "ArmResult", "One of the models, and all that its answers rest on.")
      .def_readonly("name", &ArmResult::name)
      .def_readonly("description", &ArmResult::description)
      .def_readonly("model", &ArmResult::model, "Name of the base model.")
      .def_readonly("prompts", &ArmResult::prompts, "SHA-256 of all that it was asked.")
      .def_readonly("settings", &ArmResult::settings, "[(name, value), …]")
      .def_readonly("files", &ArmResult::files, "[(name, SHA-256), …]");
  py::class_<StudyResult>(m, "StudyResult", "What a study found; prints as the study's table.")
      .def_static("from_json", &study_result_from_json, py::arg("text"), "Reads study.json.")
      .def("to_json", [](const StudyResult& self) { return to_json(self); })
      .def("to_html", &report::render_html, "One self-contained page.")
      .def_readonly("tasks", &StudyResult::tasks)
      .def_readonly("arms", &StudyResult::arms, "ArmResult of every model that is no baseline.")
      .def_readonly("left_out", &StudyResult::left_out, "A sentence for each task that could not be studied.")
      .def_readonly("files", &StudyResult::files, "[(name, SHA-256), …]")
      .def_readonly("wall_seconds", &StudyResult::wall_seconds)
      .def_readonly("peak_memory_bytes", &StudyResult::peak_memory_bytes)
      .def("__str__", &report::terminal_table)
      .def("_repr_html_", [](const StudyResult& self) {
        py::object escape = py::module_::import("html").attr("escape");
        return "<pre>" + escape(report::terminal_table(self)).cast<std::string>() + "</pre>";
      });
  m.def(
      "evaluate",
      [](const std::vector<tasks::Score>& scores, double confidence, std::size_t num_replicates,
         std::size_t min_subgroup, std::uint64_t seed) {
        StudyResult result;
        result.tasks = evaluate(
            scores,
            {.confidence = confidence, .num_replicates = num_replicates, .min_subgroup = min_subgroup, .seed = seed});
        return result;
      },
      py::arg("scores"), py::kw_only(), py::arg("confidence") = 0.95, py::arg("num_replicates") = 2000,
      py::arg("min_subgroup") = 10, py::arg("seed") = 0, ReleaseGil(),
      "Everything that a study prints of its models, from the scores alone (tasks.read_scores).");
}

}  // namespace radonc::bindings
