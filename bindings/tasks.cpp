#include "common.hpp"
#include "python_task.hpp"
#include "radonc/tasks/baselines.hpp"
#include "radonc/tasks/few_shot.hpp"
#include "radonc/tasks/pair_io.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::bindings {

void bind_tasks(py::module_& module) {
  using namespace tasks;
  auto m = module.def_submodule("tasks");

  py::class_<Pair>(m, "Pair", "One supervised example.")
      .def_readonly("case_id", &Pair::case_id)
      .def_readonly("patient_id", &Pair::patient_id)
      .def_readonly("task", &Pair::task)
      .def_readonly("system", &Pair::system)
      .def_readonly("details", &Pair::details)
      .def_readonly("question", &Pair::question)
      .def_readonly("answer", &Pair::answer)
      .def_readonly("subgroups", &Pair::subgroups, "[(name, value), …] by which results are looked at apart")
      .def_property_readonly("prompt", &Pair::prompt);
  py::class_<Prediction>(m, "Prediction", "A model's answer, parsed.")
      .def_readonly("case_id", &Prediction::case_id)
      .def_readonly("task", &Prediction::task)
      .def_readonly("model", &Prediction::model)
      .def_property_readonly("allowed", [](const Prediction& self) { return to_string(self.allowed); })
      .def_readonly("text", &Prediction::text)
      .def_readonly("parsed", &Prediction::parsed)
      .def_readonly("value", &Prediction::value)
      .def_readonly("reason", &Prediction::reason)
      .def_readonly("probability", &Prediction::probability, "with which the model gave the text, or None");
  py::class_<Quantity>(m, "Quantity", "A number that both an answer and the reference have, such as a dose.")
      .def(py::init([](std::string name, std::string unit, double value, double reference) {
             return Quantity{std::move(name), std::move(unit), value, reference};
           }),
           py::arg("name"), py::arg("unit"), py::arg("value"), py::arg("reference"))
      .def_readonly("name", &Quantity::name)
      .def_readonly("unit", &Quantity::unit)
      .def_readonly("value", &Quantity::value)
      .def_readonly("reference", &Quantity::reference);
  py::class_<Score>(m, "Score", "One case's score for one task and one model.")
      .def_readonly("case_id", &Score::case_id)
      .def_readonly("patient_id", &Score::patient_id)
      .def_readonly("task", &Score::task)
      .def_readonly("title", &Score::title)
      .def_readonly("has_classes", &Score::has_classes)
      .def_readonly("model", &Score::model)
      .def_property_readonly("allowed", [](const Score& self) { return to_string(self.allowed); })
      .def_readonly("reference", &Score::reference)
      .def_readonly("prediction", &Score::prediction)
      .def_readonly("parsed", &Score::parsed)
      .def_readonly("correct", &Score::correct)
      .def_property_readonly("rouge1_f1", [](const Score& self) { return self.rouge1.f1; })
      .def_readonly("quantities", &Score::quantities)
      .def_readonly("probability", &Score::probability)
      .def_readonly("subgroups", &Score::subgroups)
      .def_property_readonly("partial", [](const Score& self) {
        return std::map<std::string, double>(self.partial.begin(), self.partial.end());
      });

  py::class_<Task, PythonTask, py::smart_holder>(m, "Task", R"(Builds a pair from a case, parses an answer, scores it.

A task of one's own is a subclass with the attributes ``name`` (letters, digits and "_"), ``title`` and ``question``,
``valid_answers`` if there is a list of them, ``has_classes = False`` where answers are sentences, and the method
``reference(record)``: the recorded answer, or ``None``, or ``(None, reason)``. Methods that may be defined besides:
``parse_text(text)``, the canonical form of an answer, or ``None``, or ``(None, reason)``; ``is_right(prediction,
reference)``; ``partial_credits(prediction, reference)``, a dict; ``quantities(prediction, reference)``, a list of
:class:`Quantity`; ``describe(answer)``; and the attribute ``comparison``, sentences for the report.)")
      .def(py::init<>())
      .def_property_readonly("name", &Task::name)
      .def_property_readonly("title", &Task::title)
      .def_property_readonly("has_classes", &Task::has_classes)
      .def_property_readonly("question", &Task::question)
      .def_property_readonly("comparison", &Task::comparison)
      .def(
          "reference", [](const Task& self, const data::CaseRecord& record) { return self.reference(record).value; },
          py::arg("record"), "The canonical answer, or None where it is not complete.")
      .def(
          "why_no_reference",
          [](const Task& self, const data::CaseRecord& record) { return self.reference(record).reason; },
          py::arg("record"), "Why the case has no complete answer; empty if it has one.")
      .def_property_readonly("valid_answers", &Task::valid_answers,
                             "Every valid answer, where there is a list of them.")
      .def_property_readonly(
          "grammar", [](const Task& self) { return std::const_pointer_cast<core::Grammar>(self.grammar()); },
          "The valid answers as a Grammar, where they are too many for a list; else None.")
      .def(
          "parse_text", [](const Task& self, const std::string& text) { return self.parse_text(text).value; },
          py::arg("text"), "The canonical form of an answer, or None.")
      .def("describe", &Task::describe, py::arg("answer"), "What a canonical answer means, where that is not plain.")
      .def("build_pair", &Task::build_pair, py::arg("record"))
      .def(
          "parse",
          [](const Task& self, const std::string& case_id, const std::string& model, const std::string& text,
             std::optional<double> probability) { return self.parse(case_id, model, text, probability); },
          py::arg("case_id"), py::arg("model"), py::arg("text"), py::arg("probability") = py::none())
      .def("score", &Task::score, py::arg("prediction"), py::arg("pair"));

  const auto shared = [](std::shared_ptr<const Task> task) { return std::const_pointer_cast<Task>(task); };
  m.def(
      "regimen_task", [shared](const std::vector<data::CaseRecord>& cohort) { return shared(regimen_task(cohort)); },
      py::arg("cohort") = std::vector<data::CaseRecord>{});
  m.def(
      "modality_task", [shared](std::vector<std::string> labels) { return shared(modality_task(std::move(labels))); },
      py::arg("labels"));
  m.def("icd10_task", [shared] { return shared(icd10_task()); });
  m.def(
      "study_tasks",
      [shared](const std::vector<data::CaseRecord>& cohort) {
        std::vector<std::shared_ptr<Task>> all;
        for (const auto& task : make_tasks(cohort)) all.push_back(shared(task));
        return all;
      },
      py::arg("cohort"), "Regimen, modality and ICD-10 code; the modality's labels come from the cohort.");

  m.def("read_pairs", &read_pairs, py::arg("path"), "The pairs of a study's pairs.jsonl.");
  m.def("read_predictions", &read_predictions, py::arg("path"), "The answers of a study's predictions.jsonl.");
  m.def("read_scores", &read_scores, py::arg("path"), "The scores of a study's scores.jsonl.");
  m.def("majority_answer", &majority_answer, py::arg("train"), "The commonest answer among one task's pairs.");
  m.def("nearest_answers", &nearest_answers, py::arg("train"), py::arg("test"),
        "For each test pair the answer of the training pair whose details are most alike (cosine of TF-IDF).");
  m.def("draw_examples", &draw_examples, py::arg("train"), py::arg("num_examples"), py::arg("seed") = 0,
        "Training pairs to show in a prompt, of different answers as far as there are any.");
  m.def("few_shot_prompt", &few_shot_prompt, py::arg("examples"), py::arg("pair"),
        "The user's turn: the examples with their answers, then the pair's own details and question.");
}

}  // namespace radonc::bindings
