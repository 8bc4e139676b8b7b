#include "radonc/model/checkpoint.hpp"

#include <fmt/format.h>

#include "model/checkpoint_layouts.hpp"
#include "radonc/core/error.hpp"
#include "radonc/model/transformer.hpp"

namespace radonc::model {

std::unique_ptr<Checkpoint> Checkpoint::open(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(path / "config.json")) return open_hugging_face(path);
    throw Error(fmt::format("{}: expected a model folder with config.json and safetensors files, found no config.json.",
                            path.string()));
  }
  if (!std::filesystem::exists(path)) {
    throw Error(
        fmt::format("{}: no such model. Name a GGUF file, or a Hugging Face folder with config.json.", path.string()));
  }
  return open_gguf(path);
}

Transformer Transformer::load(const std::filesystem::path& path, const LoadOptions& options) {
  const auto checkpoint = Checkpoint::open(path);
  const auto dtype = resolve(options.dtype);
  return {checkpoint->config(), [&](const std::string& name) { return checkpoint->tensor(name, dtype); },
          path.string()};
}

}  // namespace radonc::model
