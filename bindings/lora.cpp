#include "radonc/lora/lora.hpp"

#include <pybind11/native_enum.h>

#include "common.hpp"
#include "radonc/lora/adapter_io.hpp"
#include "radonc/lora/merge.hpp"
#include "to_torch.hpp"

namespace radonc::bindings {

namespace {

/// Patterns keep their order: the first that matches counts.
template <typename Value>
py::dict to_dict(const std::vector<std::pair<std::string, Value>>& patterns) {
  py::dict all;
  for (const auto& [expression, value] : patterns) all[py::str(expression)] = value;
  return all;
}

template <typename Value>
std::vector<std::pair<std::string, Value>> from_dict(const py::dict& patterns) {
  std::vector<std::pair<std::string, Value>> all;
  for (const auto& [expression, value] : patterns)
    all.emplace_back(py::cast<std::string>(expression), py::cast<Value>(value));
  return all;
}

}  // namespace

void bind_lora(py::module_& module) {
  using namespace lora;
  auto m = module.def_submodule("lora");

  py::native_enum<Bias>(m, "Bias", "enum.Enum")
      .value("none", Bias::kNone)
      .value("lora_only", Bias::kLoraOnly)
      .value("all", Bias::kAll)
      .finalize();
  py::native_enum<Init>(m, "Init", "enum.Enum")
      .value("kaiming", Init::kKaiming)
      .value("gaussian", Init::kGaussian)
      .value("pissa", Init::kPissa)
      .finalize();

  py::class_<LoraConfig> config(m, "LoraConfig", "Settings of a low-rank adapter (Hu et al. 2021).");
  config.def_readwrite("rank", &LoraConfig::rank)
      .def_readwrite("alpha", &LoraConfig::alpha)
      .def_readwrite("dropout", &LoraConfig::dropout)
      .def_readwrite("target_modules", &LoraConfig::target_modules)
      .def_readwrite("target_regex", &LoraConfig::target_regex)
      .def_readwrite("layers_to_transform", &LoraConfig::layers_to_transform)
      .def_property(
          "rank_pattern", [](const LoraConfig& self) { return to_dict(self.rank_pattern); },
          [](LoraConfig& self, const py::dict& patterns) { self.rank_pattern = from_dict<std::int64_t>(patterns); })
      .def_property(
          "alpha_pattern", [](const LoraConfig& self) { return to_dict(self.alpha_pattern); },
          [](LoraConfig& self, const py::dict& patterns) { self.alpha_pattern = from_dict<double>(patterns); })
      .def_readwrite("use_rslora", &LoraConfig::use_rslora)
      .def_readwrite("use_dora", &LoraConfig::use_dora)
      .def_readwrite("lora_bias", &LoraConfig::lora_bias)
      .def_readwrite("bias", &LoraConfig::bias)
      .def_readwrite("modules_to_save", &LoraConfig::modules_to_save)
      .def_readwrite("init", &LoraConfig::init)
      .def_readwrite("seed", &LoraConfig::seed);
  init_by_keywords<LoraConfig>(config);

  py::class_<Adapter>(m, "Adapter", "The trainable state of an injected model.")
      .def_readonly("config", &Adapter::config)
      .def_readonly("modules", &Adapter::modules)
      .def_property_readonly(
          "parameters", [](const Adapter& self) { return to_torch(self.parameters); },
          "[n] float32; A and B of every module are views into it.")
      .def_property_readonly(
          "gradients", [](const Adapter& self) { return to_torch(self.gradients); }, "[n] float32")
      .def_property_readonly(
          "tensors",
          [](const Adapter& self) {
            py::dict all;
            for (const auto& [name, tensor] : peft_tensors(self)) all[py::str(name)] = to_torch(tensor);
            return all;
          },
          "Trainable tensors by PEFT's names; each one's grad is the last step's gradient.")
      .def_property_readonly("num_parameters", &Adapter::num_parameters);

  m.def("inject", &inject, py::arg("model"), py::arg("config") = LoraConfig{},
        "Puts a fresh update into every targeted layer of the model.");
  m.def("attach", &attach, py::arg("model"), py::arg("adapter"), "Puts an adapter's updates into the model.");
  m.def("remove", &remove, py::arg("model"), "Takes all updates out: the model is the original again.");
  m.def("save_adapter", &save_adapter, py::arg("adapter"), py::arg("folder"), py::arg("base_model") = "",
        "Writes adapter_config.json and adapter_model.safetensors in PEFT's format.");
  m.def("load_adapter", &load_adapter, py::arg("model"), py::arg("folder"),
        "Reads a PEFT adapter into the model; refuses missing, unexpected or misshapen tensors by name.");
  m.def("export_gguf_adapter", &export_gguf_adapter, py::arg("adapter"), py::arg("base"), py::arg("path"),
        "Writes the adapter as llama.cpp's --lora reads it; base is the model's config.");

  py::native_enum<MergeTarget>(m, "MergeTarget", "enum.Enum")
      .value("dense", MergeTarget::kDense)
      .value("nf4", MergeTarget::kNf4)
      .finalize();
  py::class_<Merged>(m, "Merged", "What merge put aside: the original weights.")
      .def_readonly("relative_error", &Merged::relative_error,
                    "|stored - exact| / |exact - original| of the layer where it is largest")
      .def_readonly("worst_module", &Merged::worst_module);
  m.def("merge", &merge, py::arg("model"), py::arg("adapter"), py::arg("target") = MergeTarget::kDense, ReleaseGil(),
        "Folds the adapter into the weights; unmerge gives every bit back.");
  m.def("unmerge", &unmerge, py::arg("model"), py::arg("merged"), "The original weights, and the adapter beside them.");
}

}  // namespace radonc::bindings
