#include "common.hpp"
#include "radonc/train/trainer.hpp"

namespace radonc::bindings {

void bind_train(py::module_& module) {
  using namespace train;
  auto m = module.def_submodule("train");

  py::class_<TrainConfig> config(m, "TrainConfig", "Settings of the training; see include/radonc/train/trainer.hpp.");
  config.def_readwrite("num_epochs", &TrainConfig::num_epochs)
      .def_readwrite("max_steps", &TrainConfig::max_steps)
      .def_readwrite("cases_per_step", &TrainConfig::cases_per_step)
      .def_readwrite("max_tokens_per_batch", &TrainConfig::max_tokens_per_batch)
      .def_readwrite("shuffle", &TrainConfig::shuffle)
      .def_readwrite("learning_rate", &TrainConfig::learning_rate)
      .def_readwrite("warmup_ratio", &TrainConfig::warmup_ratio)
      .def_readwrite("final_rate_ratio", &TrainConfig::final_rate_ratio)
      .def_readwrite("weight_decay", &TrainConfig::weight_decay)
      .def_readwrite("beta1", &TrainConfig::beta1)
      .def_readwrite("beta2", &TrainConfig::beta2)
      .def_readwrite("epsilon", &TrainConfig::epsilon)
      .def_readwrite("max_grad_norm", &TrainConfig::max_grad_norm)
      .def_readwrite("seed", &TrainConfig::seed);
  init_by_keywords<TrainConfig>(config);

  py::class_<TrainStep>(m, "TrainStep", "One optimiser step.")
      .def_readonly("step", &TrainStep::step)
      .def_readonly("num_steps", &TrainStep::num_steps)
      .def_readonly("epoch", &TrainStep::epoch)
      .def_readonly("loss", &TrainStep::loss, "mean over the step's supervised tokens")
      .def_readonly("learning_rate", &TrainStep::learning_rate)
      .def_readonly("grad_norm", &TrainStep::grad_norm, "before clipping")
      .def_readonly("num_supervised", &TrainStep::num_supervised)
      .def_readonly("num_computed", &TrainStep::num_computed)
      .def_readonly("num_represented", &TrainStep::num_represented)
      .def_readonly("seconds", &TrainStep::seconds)
      .def_readonly("tokens_per_second", &TrainStep::tokens_per_second)
      .def_readonly("seconds_left", &TrainStep::seconds_left);

  py::class_<TrainLog>(m, "TrainLog")
      .def_readonly("steps", &TrainLog::steps)
      .def_readonly("seconds", &TrainLog::seconds);

  m.def("fit", &fit, py::arg("model"), py::arg("adapter"), py::arg("cases"), py::arg("config") = TrainConfig{},
        py::arg("callback") = StepCallback{}, ReleaseGil(),
        "Trains the adapter on cases, each a list of TokenizedPair. The callback gets a TrainStep after every step.");
}

}  // namespace radonc::bindings
