// One transformer for LLaMA-2, Mistral, SmolLM2 and every model of that family.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "radonc/batch/batch.hpp"
#include "radonc/model/config.hpp"
#include "radonc/ops/lora_linear.hpp"

namespace radonc::model {

enum class Dtype {
  kAuto,  ///< bfloat16 where the processor has bfloat16 dot products, else float32
  kFloat32,
  kBFloat16,
};

/// The storage type `dtype` stands for on this machine.
torch::ScalarType resolve(Dtype dtype);

struct LoadOptions {
  Dtype dtype = Dtype::kAuto;
};

/// A frozen linear layer, with an optional trainable update that `lora::inject` puts there.
struct Linear {
  std::string name;      ///< as in Hugging Face, "model.layers.0.self_attn.q_proj"
  torch::Tensor weight;  ///< [out, in], frozen
  std::optional<ops::LowRankUpdate> update;

  /// x [T, in] → [T, out]
  [[nodiscard]] torch::Tensor operator()(const torch::Tensor& x,
                                         const std::optional<at::Generator>& generator = std::nullopt) const;
};

struct Layer {
  torch::Tensor input_norm;           ///< [hidden]
  Linear q, k, v, o;                  ///< self-attention's projections
  torch::Tensor post_attention_norm;  ///< [hidden]
  Linear gate, up, down;              ///< the MLP's
};

/// Keys and values of B sequences, each up to `capacity` tokens long.
struct KvCache {
  std::vector<torch::Tensor> keys;    ///< one a layer, [B, kv_heads, capacity, head_dim]
  std::vector<torch::Tensor> values;  ///< likewise
};

class Transformer {
 public:
  /// Reads a GGUF file, or a folder with `config.json` and safetensors files. The layout is recognised.
  /// Throws radonc::Error naming the file and the tensor if something is missing, truncated or misshapen.
  static Transformer load(const std::filesystem::path& path, const LoadOptions& options = {});

  /// Assembles a model from tensors named as in Hugging Face; `where` names their source in messages.
  Transformer(const TransformerConfig& config, const std::function<torch::Tensor(const std::string&)>& tensor_of,
              const std::string& where);

  /// Logits [T, vocabulary] float32 of every token of a batch, without gradients.
  [[nodiscard]] torch::Tensor logits(const batch::Batch& batch) const;

  /// Logits [L, vocabulary] float32 of one sequence. Throws radonc::Error for an id outside the vocabulary.
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& ids) const;

  /// Summed loss over the supervised positions: scalar float32, differentiable in the updates' A and B.
  /// Dropout happens only where `generator` is given. The last layer's output is used at supervised positions only.
  [[nodiscard]] torch::Tensor loss(const batch::Batch& batch,
                                   const std::optional<at::Generator>& generator = std::nullopt) const;

  /// Runs a batch and keeps each layer's keys and values, [T, kv_heads, head_dim]. Returns the final hidden states
  /// [N, hidden] at `positions` (indices into the batch, [N] int64).
  [[nodiscard]] torch::Tensor prefill(const batch::Batch& batch, const torch::Tensor& positions,
                                      std::vector<torch::Tensor>& keys, std::vector<torch::Tensor>& values) const;

  /// One token for each of B sequences: ids and lengths [B] int64, where lengths counts the tokens already cached.
  /// Writes the new keys and values at `lengths`, and returns the final hidden states [B, hidden].
  [[nodiscard]] torch::Tensor decode(const torch::Tensor& ids, const torch::Tensor& lengths, KvCache& cache) const;

  /// hidden [N, hidden] → logits [N, vocabulary] float32
  [[nodiscard]] torch::Tensor head(const torch::Tensor& hidden) const;

  [[nodiscard]] const TransformerConfig& config() const { return config_; }
  [[nodiscard]] torch::ScalarType dtype() const { return embedding_.scalar_type(); }

  /// The linear layers of all blocks, in the order of Hugging Face's named_modules.
  [[nodiscard]] std::vector<Linear*> linears();
  [[nodiscard]] std::vector<const Linear*> linears() const;

  /// Number of frozen parameters; a tied head counts once.
  [[nodiscard]] std::int64_t num_parameters() const;

 private:
  struct Context;
  [[nodiscard]] torch::Tensor run(const batch::Batch& batch, Context& context) const;
  [[nodiscard]] torch::Tensor mlp(const Layer& layer, const torch::Tensor& hidden,
                                  const std::optional<at::Generator>& generator) const;

  TransformerConfig config_;
  torch::Tensor embedding_;  // [vocabulary, hidden]
  std::vector<Layer> layers_;
  torch::Tensor final_norm_;  // [hidden]
  torch::Tensor head_;        // [vocabulary, hidden]; the embedding itself where tied
};

}  // namespace radonc::model
