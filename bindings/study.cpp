#include "radonc/study/study.hpp"
#include "common.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::bindings {

// Python has no pointers to const.
using TaskOrName = std::variant<std::string, std::shared_ptr<tasks::Task>>;

void bind_study(py::module_& module) {
  using namespace study;
  auto m = module.def_submodule("study");

  py::enum_<Training>(m, "Training", "What an arm's adapter is trained on.")
      .value("none", Training::kNone)
      .value("all_tasks", Training::kAllTasks)
      .value("each_task", Training::kEachTask);
  py::class_<Arm> arm(m, "Arm", "One of the models that a study compares; see include/radonc/study/arm.hpp.");
  arm.def_readwrite("name", &Arm::name)
      .def_readwrite("training", &Arm::training)
      .def_readwrite("num_examples", &Arm::num_examples, "training cases shown in the prompt")
      .def_readwrite("model", &Arm::model, "GGUF file or model folder; empty: the study's")
      .def_readwrite("adapter", &Arm::adapter, "folder of a finished adapter in PEFT's format; empty: none")
      .def_readwrite("prompt_template", &Arm::prompt_template);
  init_by_keywords<Arm>(arm);
  m.def("default_arms", &default_arms, "The original against the fine-tuned model.");
  m.def("arms_from_json", &arms_from_json, py::arg("json"),
        "Arms from a JSON array; see include/radonc/study/arm.hpp.");

  py::class_<StudyConfig> config(m, "StudyConfig", "Settings of a study; see include/radonc/study/study.hpp.");
  config.def_readwrite("records", &StudyConfig::records)
      .def_readwrite("test_records", &StudyConfig::test_records)
      .def_property(
          "tasks",
          [](const StudyConfig& self) {
            std::vector<TaskOrName> tasks;
            for (const auto& choice : self.tasks)
              tasks.push_back(std::visit(
                  [](const auto& one) -> TaskOrName {
                    if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::string>)
                      return one;
                    else
                      return std::const_pointer_cast<tasks::Task>(one);
                  },
                  choice));
            return tasks;
          },
          [](StudyConfig& self, const std::vector<TaskOrName>& tasks) {
            self.tasks.clear();
            for (const TaskOrName& task : tasks)
              std::visit([&](const auto& one) { self.tasks.emplace_back(one); }, task);
          },
          "names of tasks, or tasks of one's own")
      .def_readwrite("fresh", &StudyConfig::fresh)
      .def_readwrite("model", &StudyConfig::model)
      .def_readwrite("tokenizer", &StudyConfig::tokenizer)
      .def_readwrite("output", &StudyConfig::output)
      .def_readwrite("model_name", &StudyConfig::model_name)
      .def_readwrite("prompt_template", &StudyConfig::prompt_template)
      .def_readwrite("dtype", &StudyConfig::dtype)
      .def_readwrite("quantization", &StudyConfig::quantization)
      .def_readwrite("device", &StudyConfig::device)
      .def_readwrite("max_train_cases", &StudyConfig::max_train_cases)
      .def_readwrite("num_test_cases", &StudyConfig::num_test_cases)
      .def_readwrite("confined", &StudyConfig::confined)
      .def_readwrite("arms", &StudyConfig::arms)
      .def_readwrite("seed", &StudyConfig::seed)
      .def_readwrite("lora", &StudyConfig::lora)
      .def_readwrite("train", &StudyConfig::train)
      .def_readwrite("generate", &StudyConfig::generate);
  init_by_keywords<StudyConfig>(config);

  py::class_<Progress>(m, "Progress")
      .def_readonly("stage", &Progress::stage)
      .def_readonly("done", &Progress::done)
      .def_readonly("total", &Progress::total)
      .def_readonly("message", &Progress::message)
      .def_readonly("step", &Progress::step, "TrainStep while training, else None");

  m.def("run", &run, py::arg("config"), py::arg("callback") = ProgressCallback{}, ReleaseGil(),
        "Runs the whole study; the callback gets a Progress.");
}

}  // namespace radonc::bindings
