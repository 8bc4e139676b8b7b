// The shape of a model of the LLaMA family.
#pragma once

#include <cstdint>
#include <string>

#include "radonc/core/export.hpp"
#include "radonc/ops/rope.hpp"

namespace radonc::model {

/// Field names follow Hugging Face's `config.json`.
struct RADONC_API TransformerConfig {
  /// The family, as Hugging Face's model_type names it: "llama", "mistral", "qwen2". It says how files of the model
  /// look (src/model/families), not what is computed: that, the fields below say.
  std::string architecture = "llama";
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t num_key_value_heads = 0;
  std::int64_t head_dim = 0;                 ///< hidden_size / num_attention_heads unless the file says otherwise
  std::int64_t max_position_embeddings = 0;  ///< longest sequence the model was trained for
  double rope_theta = 10000;
  ops::RopeScaling rope_scaling;
  double rms_norm_eps = 1e-5;
  std::int64_t sliding_window = 0;      ///< keys a token sees, itself included; 0 means all
  std::int64_t first_window_layer = 0;  ///< layers before it see all keys (Qwen2's max_window_layers)
  bool qkv_bias = false;                ///< the projections of queries, keys and values have a bias
  bool output_bias = false;             ///< the projection after attention has one
  bool mlp_bias = false;
  bool tie_word_embeddings = false;

  bool operator==(const TransformerConfig&) const = default;
};

/// The longest sequence that `config` runs: under dynamic scaling more than it was trained for.
RADONC_API std::int64_t longest_sequence(const TransformerConfig& config);

/// Throws radonc::Error naming `where` and the field if a size is missing, not positive, or does not divide.
RADONC_API void validate(const TransformerConfig& config, const std::string& where);

/// Presets. Sources: the models' own config.json files.
RADONC_API TransformerConfig llama2_7b();
RADONC_API TransformerConfig mistral_7b_v01();  ///< sliding window of 4096
RADONC_API TransformerConfig mistral_7b_v02();
RADONC_API TransformerConfig mistral_7b_v03();  ///< vocabulary of 32768

}  // namespace radonc::model
