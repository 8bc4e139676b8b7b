#include "radonc/model/checkpoint.hpp"

#include <fmt/format.h>

#include "model/checkpoint_layouts.hpp"
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

Transformer Transformer::load(const std::filesystem::path& path, const LoadOptions& options) {
  const ops::KeptMemory kept_memory;  // what is made here lies on huge pages, without gaps
  const auto checkpoint = Checkpoint::open(path);
  const auto dtype = resolve(options.dtype);
  const auto tensor = [&](const std::string& name) { return checkpoint->tensor(name, dtype); };
  const auto weight = [&](const std::string& name) -> ops::FrozenWeight {
    if (auto stored = checkpoint->nf4(name)) return std::move(*stored);
    const auto dense = tensor(name);
    if (options.quantization == Quantization::kNone) {
      if (dense.nbytes() >= kLeftInFile) return dense;
      auto copy = dense.clone();
      checkpoint->release(name);
      return copy;
    }
    ops::FrozenWeight quantized = options.quantization == Quantization::kNf4
                                      ? ops::FrozenWeight(ops::nf4_quantize(dense))
                                      : ops::int8_quantize(dense);
    checkpoint->release(name);
    return quantized;
  };
  return {checkpoint->config(), tensor, path.string(), weight};
}

}  // namespace radonc::model
