#include "radonc/lora/lora.hpp"
#include "common.hpp"
#include "radonc/lora/adapter_io.hpp"

namespace radonc::bindings {

void bind_lora(py::module_& module) {
  using namespace lora;
  auto m = module.def_submodule("lora");

  py::class_<LoraConfig> config(m, "LoraConfig", "Settings of a low-rank adapter (Hu et al. 2021).");
  config.def_readwrite("rank", &LoraConfig::rank)
      .def_readwrite("alpha", &LoraConfig::alpha)
      .def_readwrite("dropout", &LoraConfig::dropout)
      .def_readwrite("target_modules", &LoraConfig::target_modules)
      .def_readwrite("seed", &LoraConfig::seed);
  init_by_keywords<LoraConfig>(config);

  py::class_<Adapter>(m, "Adapter", "The trainable state of an injected model.")
      .def_readonly("config", &Adapter::config)
      .def_readonly("modules", &Adapter::modules)
      .def_readonly("parameters", &Adapter::parameters, "[n] float32; A and B of every module are views into it.")
      .def_readonly("gradients", &Adapter::gradients, "[n] float32")
      .def_property_readonly("num_parameters", &Adapter::num_parameters);

  m.def("inject", &inject, py::arg("model"), py::arg("config") = LoraConfig{},
        "Puts a fresh update into every targeted layer of the model.");
  m.def("attach", &attach, py::arg("model"), py::arg("adapter"), "Puts an adapter's updates into the model.");
  m.def("remove", &remove, py::arg("model"), "Takes all updates out: the model is the original again.");
  m.def("save_adapter", &save_adapter, py::arg("adapter"), py::arg("folder"), py::arg("base_model") = "",
        "Writes adapter_config.json and adapter_model.safetensors in PEFT's format.");
  m.def("load_adapter", &load_adapter, py::arg("model"), py::arg("folder"),
        "Reads a PEFT adapter into the model; refuses missing, unexpected or misshapen tensors by name.");
}

}  // namespace radonc::bindings
