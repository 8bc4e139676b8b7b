// The shape of a model of the LLaMA family.
#pragma once

#include <cstdint>
#include <string>

namespace radonc::model {

/// Field names follow Hugging Face's `config.json`.
struct TransformerConfig {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t num_key_value_heads = 0;
  std::int64_t head_dim = 0;                 ///< hidden_size / num_attention_heads unless the file says otherwise
  std::int64_t max_position_embeddings = 0;  ///< longest sequence the model was trained for
  double rope_theta = 10000;
  double rms_norm_eps = 1e-5;
  std::int64_t sliding_window = 0;  ///< keys a token sees, itself included; 0 means all
  bool tie_word_embeddings = false;

  bool operator==(const TransformerConfig&) const = default;
};

/// Throws radonc::Error naming `where` and the field if a size is missing, not positive, or does not divide.
void validate(const TransformerConfig& config, const std::string& where);

/// Presets. Sources: the models' own config.json files.
TransformerConfig llama2_7b();
TransformerConfig mistral_7b_v01();  ///< sliding window of 4096
TransformerConfig mistral_7b_v02();
TransformerConfig mistral_7b_v03();  ///< vocabulary of 32768

}  // namespace radonc::model
