#include <pybind11/native_enum.h>
#include <pybind11/operators.h>

#include "common.hpp"
#include "radonc/core/error.hpp"
#include "radonc/model/export.hpp"
#include "radonc/model/transformer.hpp"
#include "to_torch.hpp"

namespace radonc::bindings {

void bind_model(py::module_& module) {
  using namespace model;
  auto m = module.def_submodule("model");

  py::native_enum<Dtype>(m, "Dtype", "enum.Enum")
      .value("auto", Dtype::kAuto)
      .value("float32", Dtype::kFloat32)
      .value("bfloat16", Dtype::kBFloat16)
      .value("float16", Dtype::kFloat16)
      .finalize();

  py::native_enum<Quantization>(m, "Quantization", "enum.Enum")
      .value("none", Quantization::kNone)
      .value("nf4", Quantization::kNf4)
      .value("int8", Quantization::kInt8)
      .finalize();

  py::class_<TransformerConfig> config(m, "TransformerConfig", "The shape of a model; names follow config.json.");
  config.def_readwrite("architecture", &TransformerConfig::architecture)
      .def_readwrite("vocab_size", &TransformerConfig::vocab_size)
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
      .def_readwrite("first_window_layer", &TransformerConfig::first_window_layer)
      .def_readwrite("qkv_bias", &TransformerConfig::qkv_bias)
      .def_readwrite("output_bias", &TransformerConfig::output_bias)
      .def_readwrite("mlp_bias", &TransformerConfig::mlp_bias)
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
          [](const std::filesystem::path& path, Dtype dtype, Quantization quantization, const std::string& device) {
            return Transformer::load(path, {.dtype = dtype, .quantization = quantization, .device = device});
          },
          py::arg("path"), py::kw_only(), py::arg("dtype") = Dtype::kAuto,
          py::arg("quantization") = Quantization::kNone, py::arg("device") = "cpu", ReleaseGil(),
          "Reads a GGUF file, or a folder in Hugging Face's, Meta's or Mistral's layout, which is recognised.\n"
          "device: \"cpu\", \"cuda\" or \"cuda:1\".\n"
          "Raises radonc.Error naming file and tensor, or saying what the device lacks.")
      .def(py::init([](const TransformerConfig& config, const std::map<std::string, torch::Tensor>& tensors) {
             return Transformer(
                 config,
                 [&](const std::string& name) {
                   const auto found = tensors.find(name);
                   if (found == tensors.end()) throw Error("The tensors lack " + name + ".");
                   return found->second;
                 },
                 "tensors");
           }),
           py::arg("config"), py::arg("tensors"), "A model of tensors named as in Hugging Face; they are not copied.")
      .def("forward", &Transformer::forward, py::arg("ids"), ReleaseGil(),
           "Logits [L, vocabulary] float32 of one sequence of token ids [L].")
      .def_property_readonly("config", &Transformer::config)
      .def_property_readonly("dtype", [](const Transformer& self) { return to_torch(self.dtype()); })
      .def_property_readonly("device", [](const Transformer& self) { return self.device().str(); })
      .def("fingerprint", &Transformer::fingerprint, ReleaseGil(),
           "Of all frozen weights, 16 hexadecimal digits: the same in every type and quantisation.")
      .def_property_readonly("num_parameters", &Transformer::num_parameters)
      .def_property_readonly("num_bytes", &Transformer::num_bytes, "Bytes of the frozen parameters as they are stored.")
      .def_property_readonly("linear_names", [](const Transformer& self) {
        std::vector<std::string> names;
        for (const Linear* linear : self.linears()) names.push_back(linear->name);
        return names;
      });

  py::native_enum<GgufPrecision>(m, "GgufPrecision", "enum.Enum")
      .value("f16", GgufPrecision::kF16)
      .value("q8_0", GgufPrecision::kQ8_0)
      .finalize();
  m.def(
      "export_hugging_face",
      [](const Transformer& model, const std::filesystem::path& folder, const std::filesystem::path& tokenizer_from,
         bool keep_quantized, std::int64_t max_shard_bytes) {
        export_hugging_face(
            model, folder,
            {.tokenizer_from = tokenizer_from, .keep_quantized = keep_quantized, .max_shard_bytes = max_shard_bytes});
      },
      py::arg("model"), py::arg("folder"), py::kw_only(), py::arg("tokenizer_from") = std::filesystem::path(),
      py::arg("keep_quantized") = false, py::arg("max_shard_bytes") = ExportOptions{}.max_shard_bytes, ReleaseGil(),
      "Writes config.json and safetensors as transformers reads them; tokenizer files are copied from a folder.");
  m.def("export_gguf", &export_gguf, py::arg("model"), py::arg("tokenizer"), py::arg("path"), py::kw_only(),
        py::arg("precision") = GgufPrecision::kQ8_0, py::arg("name") = "", ReleaseGil(),
        "Writes one GGUF file, tokenizer included, as llama.cpp and Ollama read it.");
}

}  // namespace radonc::bindings
