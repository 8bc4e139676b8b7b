// Weights on disk, whatever their layout, as tensors named as in Hugging Face.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "radonc/model/config.hpp"

namespace radonc::model {

/// An opened checkpoint: a GGUF file, or a folder with config.json and safetensors files.
class Checkpoint {
 public:
  /// Recognises the layout and checks every header before anything large is allocated.
  /// Throws radonc::Error naming the file if it is neither, truncated, or of another architecture.
  static std::unique_ptr<Checkpoint> open(const std::filesystem::path& path);

  virtual ~Checkpoint() = default;

  [[nodiscard]] virtual const TransformerConfig& config() const = 0;

  /// The tensor in `dtype`, in memory of its own, e.g. "model.layers.0.mlp.up_proj.weight".
  /// Throws radonc::Error naming file and tensor if it is missing or of an unknown type.
  [[nodiscard]] virtual torch::Tensor tensor(const std::string& name, torch::ScalarType dtype) const = 0;
};

}  // namespace radonc::model
