// Mistral 7B v0.1 to v0.3. llama.cpp's files of it are LLaMA's.
#include "model/families/family.hpp"

namespace radonc::model {
namespace {

void read(const ConfigFields& fields, TransformerConfig& config) {
  config.sliding_window = fields.size("sliding_window", 0.0);
  config.qkv_bias = config.output_bias = fields.flag("attention_bias");
  config.mlp_bias = fields.flag("mlp_bias");
}

void write(const TransformerConfig& config, nlohmann::ordered_json& content) {
  content["sliding_window"] = nullptr;  // all keys
  if (config.sliding_window > 0) content["sliding_window"] = config.sliding_window;
}

bool can_write(const TransformerConfig& config) {
  const bool has_mixed_layers = config.sliding_window > 0 && config.first_window_layer > 0;
  return !config.qkv_bias && !config.output_bias && !config.mlp_bias && !has_mixed_layers;
}

}  // namespace

extern const Family kMistral = {.name = "mistral",
                                .hugging_face_class = "MistralForCausalLM",
                                .gguf_name = "llama",
                                .has_paired_rows_in_gguf = true,
                                .read = read,
                                .write = write,
                                .can_write = can_write};

}  // namespace radonc::model
