// Qwen2 and Qwen2.5: biases on queries, keys and values alone, and a sliding window in the upper layers.
#include "model/families/family.hpp"

namespace radonc::model {
namespace {

void read(const ConfigFields& fields, TransformerConfig& config) {
  config.qkv_bias = true;
  if (!fields.flag("use_sliding_window")) return;
  config.sliding_window = fields.size("sliding_window", 0.0);
  config.first_window_layer = fields.size("max_window_layers", 28.0);
}

void write(const TransformerConfig& config, nlohmann::ordered_json& content) {
  if (config.sliding_window == 0) return;
  content.update({{"use_sliding_window", true},
                  {"sliding_window", config.sliding_window},
                  {"max_window_layers", config.first_window_layer}});
}

bool can_write(const TransformerConfig& config) {
  return config.qkv_bias && !config.output_bias && !config.mlp_bias;
}

}  // namespace

extern const Family kQwen2 = {.name = "qwen2",
                              .hugging_face_class = "Qwen2ForCausalLM",
                              .gguf_name = "qwen2",
                              .has_paired_rows_in_gguf = false,
                              .read = read,
                              .write = write,
                              .can_write = can_write};

}  // namespace radonc::model
