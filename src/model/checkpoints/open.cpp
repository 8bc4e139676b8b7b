#include "radonc/model/checkpoint.hpp"

#include <fmt/format.h>

#include <map>

#include "model/checkpoints/layouts.hpp"
#include "model/device.hpp"
#include "model/weight_digests.hpp"
#include "radonc/core/error.hpp"
#include "radonc/model/transformer.hpp"
#include "radonc/ops/kept_memory.hpp"

namespace radonc::model {

std::unique_ptr<Checkpoint> Checkpoint::open(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(path / "config.json")) return open_hugging_face(path);
    if (std::filesystem::exists(path / "params.json")) return open_meta(path);
    throw Error(
        fmt::format("{}: expected a model folder: config.json and safetensors files, or params.json and "
                    "consolidated files. Found neither.",
                    path.string()));
  }
  if (!std::filesystem::exists(path)) {
    throw Error(
        fmt::format("{}: no such model. Name a GGUF file, or a Hugging Face folder with config.json.", path.string()));
  }
  return open_gguf(path);
}

/// Matrices from this size on stay where the file is mapped. What small models have is copied to huge pages: a token
/// reads every weight, and looking up the addresses of small pages would cost as much as reading them.
constexpr std::size_t kLeftInFile = 8 << 20;

namespace {

/// What a model's weights take, in GB, if a weight of the blocks' matrices takes `linear` bytes and all others `other`.
double weights_in_gb(const TransformerConfig& c, double linear, double other) {
  const auto hidden = static_cast<double>(c.hidden_size);
  const auto heads = static_cast<double>(2 * (c.num_attention_heads + c.num_key_value_heads) * c.head_dim);
  const double block = hidden * (heads + 3 * static_cast<double>(c.intermediate_size));
  const double ends = (c.tie_word_embeddings ? 1 : 2) * static_cast<double>(c.vocab_size) * hidden;
  return (static_cast<double>(c.num_hidden_layers) * block * linear + ends * other) / 1e9;
}

[[noreturn]] void refuse_for_memory(const c10::OutOfMemoryError& error, const TransformerConfig& config,
                                    torch::ScalarType dtype, const std::string& path, const LoadOptions& options) {
  const auto bytes = static_cast<double>(c10::elementSize(dtype));
  throw Error(
      fmt::format("{}: the weights do not fit into the memory of \"{}\". They take {:.1f} GB in {}, {:.1f} GB with "
                  "quantization int8, {:.1f} GB with nf4; training and answers need some more. {}",
                  path, options.device, weights_in_gb(config, bytes, bytes), dtype_name(dtype),
                  weights_in_gb(config, 1, bytes), weights_in_gb(config, 0.516, bytes), in_short(error)));
}

}  // namespace

Transformer Transformer::load(const std::filesystem::path& path, const LoadOptions& options) {
  const ops::KeptMemory kept_memory;  // what is made here lies on huge pages, without gaps
  const torch::Device device = device_named(options.device);
  const auto checkpoint = Checkpoint::open(path);
  const auto dtype = resolve(options.dtype, device);
  const auto moved = [&](const std::string& name, const auto& values) {
    auto there = values.to(device);
    if (!device.is_cpu()) checkpoint->release(name);
    return there;
  };
  std::map<std::string, std::string> digests;  // of weights that are held with less than their values in bfloat16
  const auto note_float16 = [&](const std::string& name) {
    if (dtype == torch::kFloat16 && !checkpoint->is_stored_as(dtype, name))
      digests[name] = digest_of(checkpoint->tensor(name, torch::kBFloat16));
  };
  const auto tensor = [&](const std::string& name) {
    note_float16(name);
    return moved(name, checkpoint->tensor(name, dtype));
  };
  const auto weight = [&](const std::string& name) -> ops::FrozenWeight {
    if (const auto stored = checkpoint->nf4(name)) return moved(name, ops::FrozenWeight(*stored));
    note_float16(name);
    const auto dense = checkpoint->tensor(name, dtype);
    if (options.quantization == Quantization::kNone) {
      if (!device.is_cpu()) return moved(name, dense);
      if (dense.nbytes() >= kLeftInFile) return dense;
      auto copy = dense.clone();
      checkpoint->release(name);
      return copy;
    }
    if (!digests.contains(name)) digests[name] = digest_of(dense);
    ops::FrozenWeight quantized = options.quantization == Quantization::kNf4
                                      ? ops::FrozenWeight(ops::nf4_quantize(dense.to(device)))
                                      : ops::int8_quantize(dense);
    checkpoint->release(name);
    return quantized.to(device);
  };
  try {
    Transformer model(checkpoint->config(), tensor, path.string(), weight);
    for (const FrozenTensor& frozen : model.frozen_tensors())
      if (const auto found = digests.find(frozen.name); found != digests.end())
        model.digests_->keep(frozen, found->second);
    return model;
  } catch (const c10::OutOfMemoryError& error) {
    refuse_for_memory(error, checkpoint->config(), dtype, path.string(), options);
  }
}

}  // namespace radonc::model
