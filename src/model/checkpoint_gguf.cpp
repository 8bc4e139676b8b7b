#include <fmt/format.h>
#include <torch/torch.h>

#include <map>

#include "model/checkpoint_layouts.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/gguf.hpp"

namespace radonc::model {
namespace {

TransformerConfig read_config(const core::GgufFile& file) {
  const std::string where = file.path().string();
  const auto architecture = file.string("general.architecture").value_or("");
  if (architecture != "llama") {
    throw Error(
        fmt::format("{}: general.architecture: expected \"llama\", got \"{}\". radonc runs models of the LLaMA "
                    "and Mistral family.",
                    where, architecture));
  }
  if (const auto scaling = file.string("llama.rope.scaling.type"); scaling && *scaling != "none") {
    throw Error(fmt::format("{}: llama.rope.scaling.type: \"{}\" is not supported.", where, *scaling));
  }
  const auto integer = [&](const char* key) {
    const auto value = file.unsigned_integer(key);
    if (!value) throw Error(fmt::format("{}: the metadata has no {}. The file is not a complete model.", where, key));
    return static_cast<std::int64_t>(*value);
  };
  TransformerConfig config;
  config.hidden_size = integer("llama.embedding_length");
  config.intermediate_size = integer("llama.feed_forward_length");
  config.num_hidden_layers = integer("llama.block_count");
  config.num_attention_heads = integer("llama.attention.head_count");
  config.num_key_value_heads = static_cast<std::int64_t>(
      file.unsigned_integer("llama.attention.head_count_kv").value_or(config.num_attention_heads));
  config.max_position_embeddings = integer("llama.context_length");
  config.head_dim = static_cast<std::int64_t>(
      file.unsigned_integer("llama.attention.key_length")
          .value_or(config.num_attention_heads > 0 ? config.hidden_size / config.num_attention_heads : 0));
  config.rope_theta = file.number("llama.rope.freq_base").value_or(10000);
  config.rms_norm_eps = file.number("llama.attention.layer_norm_rms_epsilon").value_or(1e-5);
  config.vocab_size = file.tensor("token_embd.weight").shape.at(0);
  config.tie_word_embeddings = !file.has_tensor("output.weight");
  return config;
}

class GgufCheckpoint : public Checkpoint {
 public:
  explicit GgufCheckpoint(const std::filesystem::path& path) : file_(path), config_(read_config(file_)) {
    validate(config_, path.string());
    if (file_.has_tensor("rope_freqs.weight")) {
      throw Error(fmt::format("{}: the model scales its rotary embedding (rope_freqs), which is not supported.",
                              path.string()));
    }
  }

  [[nodiscard]] const TransformerConfig& config() const override { return config_; }

  [[nodiscard]] torch::Tensor tensor(const std::string& name, torch::ScalarType dtype) const override {
    const auto& source = file_.tensor(gguf_name(name));
    auto values = torch::empty(source.shape, torch::kFloat32);
    const std::int64_t rows = source.shape.size() > 1 ? source.shape[0] : 1;
    const std::int64_t row_length = rows > 0 ? values.numel() / rows : 0;
    at::parallel_for(0, rows, 64, [&](std::int64_t begin, std::int64_t end) {
      core::dequantize_rows(
          source, begin, end - begin,
          {values.data_ptr<float>() + begin * row_length, static_cast<std::size_t>((end - begin) * row_length)});
    });
    if (name.ends_with("q_proj.weight")) values = half_split(values, config_.num_attention_heads);
    if (name.ends_with("k_proj.weight")) values = half_split(values, config_.num_key_value_heads);
    return values.to(dtype).contiguous();
  }

 private:
  /// Rows of a head from Meta's order (pairs side by side) to Hugging Face's (first halves, then second halves).
  static torch::Tensor half_split(const torch::Tensor& weight, std::int64_t heads) {
    const std::int64_t rows = weight.size(0), columns = weight.size(1);
    if (rows % (heads * 2) != 0) return weight;  // the shape check that follows names the tensor
    return weight.view({heads, rows / heads / 2, 2, columns}).transpose(1, 2).reshape({rows, columns});
  }

  static std::string gguf_name(const std::string& name) {
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
    const std::size_t last = rest.rfind(".weight");
    return fmt::format("blk.{}.{}.weight", rest.substr(0, dot), kInside.at(rest.substr(dot + 1, last - dot - 1)));
  }

  core::GgufFile file_;
  TransformerConfig config_;
};

}  // namespace

std::unique_ptr<Checkpoint> open_gguf(const std::filesystem::path& file) {
  return std::make_unique<GgufCheckpoint>(file);
}

}  // namespace radonc::model
