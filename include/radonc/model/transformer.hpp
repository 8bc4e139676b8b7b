// One transformer for LLaMA-2, Mistral, SmolLM2 and every model of that family.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "radonc/batch/batch.hpp"
#include "radonc/core/export.hpp"
#include "radonc/model/config.hpp"
#include "radonc/ops/lora_linear.hpp"

namespace radonc::model {

enum class Dtype {
  kAuto,  ///< bfloat16 on a GPU and on processors from level avx512_bf16 on (core::cpu_level), else float32
  kFloat32,
  kBFloat16,
  kFloat16,  ///< of the matrices, in half of float32's memory; norms, biases and all arithmetic are float32
};

/// The storage type `dtype` stands for on a device of this machine.
RADONC_API torch::ScalarType resolve(Dtype dtype, const torch::Device& device = torch::kCPU);

/// "float32", "bfloat16" or "float16", as Python names it.
RADONC_API std::string dtype_name(torch::ScalarType type);

enum class Quantization {
  kNone,
  kNf4,   ///< the blocks' linear layers in 4 bits with double quantisation (QLoRA), the rest in `dtype`
  kInt8,  ///< the blocks' linear layers in 8 bits, with products in int8; the rest in `dtype`
};

struct RADONC_API LoadOptions {
  Dtype dtype = Dtype::kAuto;
  Quantization quantization = Quantization::kNone;  ///< a checkpoint that is quantised in NF4 stays so either way
  std::string device = "cpu";  ///< "cpu", "cuda" or "cuda:1": where the model is held, trained and asked
};

/// A frozen linear layer, with an optional trainable update that `lora::inject` puts there.
struct RADONC_API Linear {
  std::string name;            ///< as in Hugging Face, "model.layers.0.self_attn.q_proj"
  ops::FrozenWeight weight;    ///< [out, in]
  torch::Tensor bias;          ///< [out], undefined where the layer has none
  torch::Tensor trained_bias;  ///< [out] float32, in place of `bias` where defined
  std::optional<ops::LowRankUpdate> update;

  /// x [T, in] → [T, out]; see ops::lora_linear
  [[nodiscard]] torch::Tensor operator()(const torch::Tensor& x,
                                         const std::optional<at::Generator>& generator = std::nullopt,
                                         const ops::Recompute& x_again = {}) const;
};

struct RADONC_API Layer {
  torch::Tensor input_norm;           ///< [hidden]
  Linear q, k, v, o;                  ///< self-attention's projections
  torch::Tensor post_attention_norm;  ///< [hidden]
  Linear gate, up, down;              ///< the MLP's
};

/// One frozen tensor of a model.
struct RADONC_API FrozenTensor {
  std::string name;          ///< as in Hugging Face, "model.layers.0.mlp.up_proj.weight"
  ops::FrozenWeight matrix;  ///< where it is a matrix
  torch::Tensor vector;      ///< where it is a norm's weight or a bias
  /// The values in `type`; what is quantised is dequantised at every call.
  [[nodiscard]] torch::Tensor dense(torch::ScalarType type) const {
    return vector.defined() ? vector.to(type) : matrix.dense(type);
  }
};

/// Keys and values of sequences up to `capacity` tokens long, each in a slot.
struct RADONC_API KvCache {
  std::vector<torch::Tensor> keys;    ///< one a layer, [slots, kv_heads, capacity, head_dim]
  std::vector<torch::Tensor> values;  ///< likewise
};

class WeightDigests;  // private

class RADONC_API Transformer {
 public:
  /// Reads a GGUF file, or a folder with `config.json` and safetensors files. The layout is recognised.
  /// Throws radonc::Error naming the file and the tensor if something is missing, truncated or misshapen, and saying
  /// what to do where the device is not there, cannot run radonc's kernels or has too little memory.
  static Transformer load(const std::filesystem::path& path, const LoadOptions& options = {});

  /// Assembles a model from tensors named as in Hugging Face; `where` names their source in messages. `weight_of`, if
  /// given, delivers the weights of the blocks' linear layers in its place.
  Transformer(const TransformerConfig& config, const std::function<torch::Tensor(const std::string&)>& tensor_of,
              const std::string& where,
              const std::function<ops::FrozenWeight(const std::string&)>& weight_of = nullptr);

  /// Logits [T, vocabulary] float32 of every token of a batch, without gradients. Sequences that share a prefix
  /// share its rotary angles too: under dynamic scaling those of the longest of them. Here and below, what is given may
  /// be on the CPU, whatever the model's device; what is returned is on the model's.
  [[nodiscard]] torch::Tensor logits(const batch::Batch& batch) const;

  /// Logits [L, vocabulary] float32 of one sequence. Throws radonc::Error for an id outside the vocabulary.
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& ids) const;

  /// Summed loss over the supervised positions: scalar float32, differentiable in the updates' A and B.
  /// Dropout happens only where `generator` is given. The last layer's output is used at supervised positions only.
  [[nodiscard]] torch::Tensor loss(const batch::Batch& batch,
                                   const std::optional<at::Generator>& generator = std::nullopt) const;

  /// Runs a batch and keeps each layer's keys and values, [P + T, kv_heads, head_dim], which begin with the P tokens of
  /// the past where the batch has one, as its spans count: these have to be there before. Returns the final hidden
  /// states [N, hidden] at `positions` (indices into the batch's T tokens, [N] int64).
  [[nodiscard]] torch::Tensor prefill(const batch::Batch& batch, const torch::Tensor& positions,
                                      std::vector<torch::Tensor>& keys, std::vector<torch::Tensor>& values) const;

  /// One token for each of B sequences: ids, slots and lengths [B] int64, where lengths counts the tokens that a
  /// sequence's slot of the cache holds already. Writes the new keys and values at `lengths`, and returns the final
  /// hidden states [B, hidden]. Waits for the device only under dynamic scaling, so that else it can be recorded there.
  [[nodiscard]] torch::Tensor decode(const torch::Tensor& ids, const torch::Tensor& slots, const torch::Tensor& lengths,
                                     KvCache& cache) const;

  /// hidden [N, hidden] → logits [N, vocabulary] float32
  [[nodiscard]] torch::Tensor head(const torch::Tensor& hidden) const;

  [[nodiscard]] const TransformerConfig& config() const { return config_; }
  /// Where its tensors are. What trains in it belongs there too.
  [[nodiscard]] torch::Device device() const { return embedding_.device(); }
  /// Of the matrices as they are stored, but for those in NF4.
  [[nodiscard]] torch::ScalarType dtype() const { return embedding_.scalar_type(); }
  /// Of the norms, the biases and the activations.
  [[nodiscard]] torch::ScalarType compute_dtype() const {
    return dtype() == torch::kFloat16 ? torch::kFloat32 : dtype();
  }

  /// The linear layers of all blocks, in the order of Hugging Face's named_modules.
  [[nodiscard]] std::vector<Linear*> linears();
  [[nodiscard]] std::vector<const Linear*> linears() const;

  /// "lm_head" or "embed_tokens": the frozen weight, [vocabulary, hidden].
  [[nodiscard]] const torch::Tensor& frozen_module(const std::string& name) const;
  void set_frozen_module(const std::string& name, const torch::Tensor& weight);
  /// Uses `weight`, [vocabulary, hidden] float32, in place of it; the frozen one again if `weight` is undefined.
  void replace_module(const std::string& name, const torch::Tensor& weight);
  /// What replaces it; undefined if nothing does.
  [[nodiscard]] const torch::Tensor& trained_module(const std::string& name) const;

  /// Every frozen tensor in the order of Hugging Face's files; a tied head is left out.
  [[nodiscard]] std::vector<FrozenTensor> frozen_tensors() const;

  /// Whether an adapter changes what the frozen tensors say.
  [[nodiscard]] bool has_adapter() const;

  /// Bytes of all frozen parameters as they are stored.
  [[nodiscard]] std::int64_t num_bytes() const;

  /// Tells one base model from every other: a SHA-256 over the names, shapes and digests of all frozen tensors, its
  /// first 16 hexadecimal digits. A digest is of the values in bfloat16, and of those before a weight was quantised or
  /// stored in float16 at load, so that the fingerprint is the same whatever the model is loaded as. What merging or
  /// `set_frozen_module` puts in place has another. Reads all weights at the first call, then only what has changed.
  [[nodiscard]] std::string fingerprint() const;

  /// Number of frozen parameters; a tied head counts once.
  [[nodiscard]] std::int64_t num_parameters() const;

 private:
  struct Pass;
  /// A batch of packed sequences; `keys` and `values` are prefill's, if given.
  [[nodiscard]] torch::Tensor run(const batch::Batch& batch, const torch::Tensor& wanted = {},
                                  const std::optional<at::Generator>& generator = std::nullopt,
                                  std::vector<torch::Tensor>* keys = nullptr,
                                  std::vector<torch::Tensor>* values = nullptr) const;
  /// hidden [T, hidden] through all blocks and the final norm.
  [[nodiscard]] torch::Tensor through_blocks(torch::Tensor hidden, const Pass& pass) const;
  /// One block, in training, prefill and decoding.
  [[nodiscard]] torch::Tensor block(std::size_t index, const torch::Tensor& hidden, const Pass& pass) const;
  [[nodiscard]] torch::Tensor mlp(const Layer& layer, const torch::Tensor& hidden,
                                  const std::optional<at::Generator>& generator) const;
  /// cos and sin for sequences of `sizes` tokens that lie one behind the other. Under dynamic scaling each follows its
  /// own length, whatever else is in the batch.
  [[nodiscard]] std::pair<torch::Tensor, torch::Tensor> angles(const torch::Tensor& positions,
                                                               const std::vector<std::int64_t>& sizes) const;
  [[nodiscard]] torch::Tensor embed(const torch::Tensor& ids) const;
  [[nodiscard]] torch::Tensor head_weight() const;
  /// Keys that a token of the layer sees; 0 means all.
  [[nodiscard]] std::int64_t window_of(std::size_t layer) const {
    return static_cast<std::int64_t>(layer) >= config_.first_window_layer ? config_.sliding_window : 0;
  }

  TransformerConfig config_;
  torch::Tensor embedding_;  // [vocabulary, hidden]
  std::vector<Layer> layers_;
  torch::Tensor final_norm_;                        // [hidden]
  torch::Tensor frequencies_;                       // [head_dim / 2], rotary; undefined under dynamic scaling
  torch::Tensor head_;                              // [vocabulary, hidden]; the embedding itself where tied
  torch::Tensor trained_embedding_, trained_head_;  // in their places where defined
  std::shared_ptr<WeightDigests> digests_;          // of frozen tensors, kept; copies of the model share them
};

}  // namespace radonc::model
