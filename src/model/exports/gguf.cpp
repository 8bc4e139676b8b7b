#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/exports/require_no_adapter.hpp"
#include "model/families/family.hpp"
#include "model/families/tensor_names.hpp"
#include "radonc/core/error.hpp"
#include "radonc/formats/gguf_writer.hpp"
#include "radonc/model/export.hpp"

namespace radonc::model {
namespace {

using formats::GgufType;
using Metadata = std::map<std::string, formats::GgufValue>;

Metadata describe(const TransformerConfig& c, GgufPrecision precision, const std::string& name) {
  const std::string architecture = family_of(c).gguf_name;
  const auto key = [&](const char* field) { return architecture + "." + field; };
  const auto whole = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  Metadata out = {{"general.architecture", architecture},
                  {"general.name", name},
                  {"general.file_type", std::uint32_t{precision == GgufPrecision::kF16 ? 1U : 7U}},
                  {"general.quantization_version", std::uint32_t{2}},
                  {key("vocab_size"), whole(c.vocab_size)},
                  {key("context_length"), whole(c.max_position_embeddings)},
                  {key("embedding_length"), whole(c.hidden_size)},
                  {key("block_count"), whole(c.num_hidden_layers)},
                  {key("feed_forward_length"), whole(c.intermediate_size)},
                  {key("rope.dimension_count"), whole(c.head_dim)},
                  {key("rope.freq_base"), static_cast<float>(c.rope_theta)},
                  {key("attention.head_count"), whole(c.num_attention_heads)},
                  {key("attention.head_count_kv"), whole(c.num_key_value_heads)},
                  {key("attention.key_length"), whole(c.head_dim)},
                  {key("attention.value_length"), whole(c.head_dim)},
                  {key("attention.layer_norm_rms_epsilon"), static_cast<float>(c.rms_norm_eps)}};
  using Type = ops::RopeScaling::Type;
  const ops::RopeScaling& scaling = c.rope_scaling;
  if (scaling.type == Type::kLinear || scaling.type == Type::kYarn) {
    out[key("rope.scaling.type")] = scaling.type == Type::kLinear ? "linear" : "yarn";
    out[key("rope.scaling.factor")] = static_cast<float>(scaling.factor);
  }
  const double usual = 0.1 * std::log(scaling.factor) + 1;
  if (scaling.type == Type::kYarn) {
    if (std::abs(scaling.attention_factor - usual) > 1e-6 || scaling.beta_fast != 32 || scaling.beta_slow != 1)
      throw Error("A YaRN scaling with settings of its own has no form in GGUF. Export as a Hugging Face folder.");
    out[key("rope.scaling.original_context_length")] =
        static_cast<std::uint32_t>(scaling.original_max_position_embeddings);
  }
  if (scaling.type == Type::kDynamic)
    throw Error("Dynamic rotary scaling has no form in GGUF. Export as a Hugging Face folder.");
  return out;
}

/// A model's vocabulary may be larger than its tokenizer's: the rest are pieces that no text makes.
void pad_vocabulary(Metadata& metadata, std::int64_t size) {
  auto& pieces = std::get<std::vector<std::string>>(metadata.at("tokenizer.ggml.tokens"));
  auto& types = std::get<std::vector<std::int32_t>>(metadata.at("tokenizer.ggml.token_type"));
  const auto scores = metadata.find("tokenizer.ggml.scores");
  constexpr std::int32_t kUnused = 5;
  while (static_cast<std::int64_t>(pieces.size()) < size) {
    pieces.push_back(fmt::format("[PAD{}]", pieces.size()));
    types.push_back(kUnused);
    if (scores != metadata.end()) std::get<std::vector<float>>(scores->second).push_back(-1e4F);
  }
}

/// Rows by the megabyte, so that only a slice is converted at a time.
void deliver(const FrozenTensor& tensor, GgufType type, const TransformerConfig& config,
             const formats::GgufSink& sink) {
  auto values = tensor.dense(torch::kFloat32).cpu().contiguous();
  if (family_of(config).has_paired_rows_in_gguf) values = with_paired_rows(tensor.name, values, config).contiguous();
  const auto finite = [&](const torch::Tensor& slice) {
    if (!slice.isfinite().all().item<bool>()) {
      throw Error(
          fmt::format("Tensor {} holds a value that is not finite in the type asked for. Export as Q8_0, or as "
                      "a Hugging Face folder.",
                      tensor.name));
    }
  };
  const std::int64_t step = 1 << 20;
  const auto flat = values.flatten();
  for (std::int64_t begin = 0; begin < flat.numel(); begin += step) {  // a multiple of every block's length
    const auto slice = flat.slice(0, begin, std::min(begin + step, flat.numel()));
    if (type == GgufType::kQ8_0) {
      finite(slice);
      std::vector<std::byte> bytes(static_cast<std::size_t>(slice.numel() / 32 * 34));
      formats::quantize_q8_0({slice.const_data_ptr<float>(), static_cast<std::size_t>(slice.numel())}, bytes);
      sink(bytes);
      continue;
    }
    const auto stored = slice.to(type == GgufType::kF16 ? torch::kFloat16 : torch::kFloat32);
    finite(stored);
    sink({static_cast<const std::byte*>(stored.const_data_ptr()), stored.nbytes()});
  }
}

/// What llama.cpp divides each pair's frequency by, for scalings that its metadata has no words for.
torch::Tensor frequency_factors(const TransformerConfig& c) {
  using Type = ops::RopeScaling::Type;
  if (c.rope_scaling.type != Type::kLlama3 && c.rope_scaling.type != Type::kFactors) return {};
  return ops::rope_frequencies(c.head_dim, c.rope_theta) /
         ops::rope_frequencies(c.head_dim, c.rope_theta, c.rope_scaling);
}

}  // namespace

void export_gguf(const Transformer& model, const text::Tokenizer& tokenizer, const std::filesystem::path& path,
                 GgufPrecision precision, const std::string& name) {
  require_no_adapter(model);
  const TransformerConfig& config = model.config();
  if (tokenizer.vocab_size() > config.vocab_size) {
    throw Error(fmt::format("The tokenizer has {} pieces, the model's vocabulary {}: they do not belong together.",
                            tokenizer.vocab_size(), config.vocab_size));
  }
  if (config.sliding_window > 0 && config.sliding_window < config.max_position_embeddings)
    throw Error(
        "llama.cpp ignores the sliding window of this architecture, so the exported model would answer "
        "otherwise beyond it. Export as a Hugging Face folder.");
  Metadata metadata = describe(config, precision, name.empty() ? "model" : name);
  for (auto& [key, value] : tokenizer.gguf_metadata()) metadata[key] = std::move(value);
  pad_vocabulary(metadata, config.vocab_size);

  std::vector<formats::GgufTensorSource> sources;
  for (const FrozenTensor& tensor : model.frozen_tensors()) {
    const bool is_vector = tensor.vector.defined();
    const GgufType type = is_vector                          ? GgufType::kF32
                          : precision == GgufPrecision::kF16 ? GgufType::kF16
                                                             : GgufType::kQ8_0;
    sources.push_back(
        {.name = name_in(Layout::kGguf, tensor.name),
         .shape = is_vector ? std::vector{tensor.vector.numel()}
                            : std::vector{tensor.matrix.out_features(), tensor.matrix.in_features()},
         .type = type,
         .deliver = [tensor, type, &config](const formats::GgufSink& sink) { deliver(tensor, type, config, sink); }});
  }
  if (const auto factors = frequency_factors(config); factors.defined()) {
    sources.push_back({.name = "rope_freqs.weight",
                       .shape = {factors.numel()},
                       .type = GgufType::kF32,
                       .deliver = [factors](const formats::GgufSink& sink) {
                         sink({static_cast<const std::byte*>(factors.const_data_ptr()), factors.nbytes()});
                       }});
  }
  formats::write_gguf(path, metadata, sources);
}

}  // namespace radonc::model
