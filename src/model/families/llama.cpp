// LLaMA 1 to 3 and what shares their files: SmolLM2, TinyLlama, Yi.
#include "model/families/family.hpp"

namespace radonc::model {
namespace {

void read(const ConfigFields& fields, TransformerConfig& config) {
  config.sliding_window = fields.size("sliding_window", 0.0);
  config.qkv_bias = config.output_bias = fields.flag("attention_bias");
  config.mlp_bias = fields.flag("mlp_bias");
}

void write(const TransformerConfig& config, nlohmann::ordered_json& content) {
  content.update({{"attention_bias", config.qkv_bias}, {"mlp_bias", config.mlp_bias}});
}

bool can_write(const TransformerConfig& config) {
  return config.qkv_bias == config.output_bias && config.sliding_window == 0;
}

}  // namespace

extern const Family kLlama = {.name = "llama",
                              .hugging_face_class = "LlamaForCausalLM",
                              .gguf_name = "llama",
                              .has_paired_rows_in_gguf = true,
                              .read = read,
                              .write = write,
                              .can_write = can_write};

}  // namespace radonc::model
