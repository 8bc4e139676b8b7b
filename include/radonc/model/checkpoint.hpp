// Weights on disk, whatever their layout, as tensors named as in Hugging Face.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "radonc/core/export.hpp"
#include "radonc/model/config.hpp"
#include "radonc/ops/nf4.hpp"

namespace radonc::model {

/// An opened checkpoint, one of
///   a GGUF file;
///   Hugging Face's folder: config.json, and model.safetensors or its shards with model.safetensors.index.json;
///   Meta's folder: params.json and consolidated.*.pth;
///   Mistral's folder: params.json and consolidated.safetensors.
class RADONC_API Checkpoint {
 public:
  /// Recognises the layout and checks every header before anything large is allocated.
  /// Throws radonc::Error naming the file if it is neither, truncated, or of another architecture.
  static std::unique_ptr<Checkpoint> open(const std::filesystem::path& path);

  virtual ~Checkpoint() = default;

  [[nodiscard]] virtual const TransformerConfig& config() const = 0;

  /// The tensor in `dtype`, in memory of its own, e.g. "model.layers.0.mlp.up_proj.weight".
  /// Throws radonc::Error naming file and tensor if it is missing or of an unknown type.
  [[nodiscard]] virtual torch::Tensor tensor(const std::string& name, torch::ScalarType dtype) const = 0;

  /// Says that `name` will not be read again soon: a mapped file's pages need not stay in memory.
  virtual void release(const std::string& /*name*/) const {}

  /// Whether the file is known to hold the tensor in `dtype`, so that reading it in that loses nothing.
  [[nodiscard]] virtual bool is_stored_as(torch::ScalarType /*dtype*/, const std::string& /*name*/) const {
    return false;
  }

  /// The matrix `name` where the checkpoint holds it in NF4, as bitsandbytes writes it; else nothing.
  [[nodiscard]] virtual std::optional<ops::Nf4> nf4(const std::string& /*name*/) const { return std::nullopt; }
};

}  // namespace radonc::model
