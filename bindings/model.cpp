#include <pybind11/native_enum.h>
#include <pybind11/operators.h>

#include "common.hpp"
#include "radonc/model/transformer.hpp"

namespace radonc::bindings {

void bind_model(py::module_& module) {
  using namespace model;
  auto m = module.def_submodule("model");

  py::native_enum<Dtype>(m, "Dtype", "enum.Enum")
      .value("auto", Dtype::kAuto)
      .value("float32", Dtype::kFloat32)
      .value("bfloat16", Dtype::kBFloat16)
      .finalize();

  py::class_<TransformerConfig> config(m, "TransformerConfig", "The shape of a model; names follow config.json.");
  config.def_readwrite("vocab_size", &TransformerConfig::vocab_size)
      .def_readwrite("hidden_size", &TransformerConfig::hidden_size)
      .def_readwrite("intermediate_size", &TransformerConfig::intermediate_size)
      .def_readwrite("num_hidden_layers", &TransformerConfig::num_hidden_layers)
      .def_readwrite("num_attention_heads", &TransformerConfig::num_attention_heads)
      .def_readwrite("num_key_value_heads", &TransformerConfig::num_key_value_heads)
      .def_readwrite("head_dim", &TransformerConfig::head_dim)
      .def_readwrite("max_position_embeddings", &TransformerConfig::max_position_embeddings)
      .def_readwrite("rope_theta", &TransformerConfig::rope_theta)
      .def_readwrite("rms_norm_eps", &TransformerConfig::rms_norm_eps)
      .def_readwrite("sliding_window", &TransformerConfig::sliding_window)
      .def_readwrite("tie_word_embeddings", &TransformerConfig::tie_word_embeddings)
      .def(py::self == py::self);
  init_by_keywords<TransformerConfig>(config);
  m.def("llama2_7b", &llama2_7b);
  m.def("mistral_7b_v01", &mistral_7b_v01);
  m.def("mistral_7b_v02", &mistral_7b_v02);
  m.def("mistral_7b_v03", &mistral_7b_v03);

  py::class_<Transformer>(m, "Transformer", "A decoder-only transformer of the LLaMA and Mistral family.")
      .def_static(
          "load",
          [](const std::filesystem::path& path, Dtype dtype) { return Transformer::load(path, {.dtype = dtype}); },
          py::arg("path"), py::kw_only(), py::arg("dtype") = Dtype::kAuto, ReleaseGil(),
          "Reads a GGUF file, or a Hugging Face folder of safetensors. Raises radonc.Error naming file and tensor.")
      .def("forward", &Transformer::forward, py::arg("ids"), ReleaseGil(),
           "Logits [L, vocabulary] float32 of one sequence of token ids [L].")
      .def_property_readonly("config", &Transformer::config)
      .def_property_readonly("dtype", [](const Transformer& self) { return py::cast(self.dtype()); })
      .def_property_readonly("num_parameters", &Transformer::num_parameters)
      .def_property_readonly("linear_names", [](const Transformer& self) {
        std::vector<std::string> names;
        for (const Linear* linear : self.linears()) names.push_back(linear->name);
        return names;
      });
}

}  // namespace radonc::bindings
