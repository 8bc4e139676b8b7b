#include "model/families/gguf_names.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <map>

namespace radonc::model {

std::string gguf_name(const std::string& name) {
  static const std::map<std::string, std::string> kOutside = {{"model.embed_tokens.weight", "token_embd.weight"},
                                                              {"model.norm.weight", "output_norm.weight"},
                                                              {"lm_head.weight", "output.weight"}};
  static const std::map<std::string, std::string> kInside = {
      {"input_layernorm", "attn_norm"}, {"self_attn.q_proj", "attn_q"},      {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"},   {"self_attn.o_proj", "attn_output"}, {"post_attention_layernorm", "ffn_norm"},
      {"mlp.gate_proj", "ffn_gate"},    {"mlp.up_proj", "ffn_up"},           {"mlp.down_proj", "ffn_down"}};
  if (const auto found = kOutside.find(name); found != kOutside.end()) return found->second;
  const std::string rest = name.substr(std::string("model.layers.").size());
  const std::size_t dot = rest.find('.');
  const std::size_t last = rest.rfind('.');  // .weight or .bias
  return fmt::format("blk.{}.{}{}", rest.substr(0, dot), kInside.at(rest.substr(dot + 1, last - dot - 1)),
                     rest.substr(last));
}

torch::Tensor pair_rows(const torch::Tensor& weight, std::int64_t heads) {
  return weight.view({heads, 2, weight.size(0) / heads / 2, -1}).transpose(1, 2).reshape(weight.sizes());
}

torch::Tensor in_gguf_order(const std::string& name, const torch::Tensor& weight, const TransformerConfig& config) {
  if (gguf_architecture(config) != "llama") return weight;
  if (name.find("q_proj.") != name.npos) return pair_rows(weight, config.num_attention_heads);
  if (name.find("k_proj.") != name.npos) return pair_rows(weight, config.num_key_value_heads);
  return weight;
}

std::string gguf_architecture(const TransformerConfig& config) {
  return config.qkv_bias && !config.output_bias ? "qwen2" : "llama";
}

}  // namespace radonc::model
