#include <fmt/format.h>
#include <torch/types.h>

#include <cmath>
#include <map>

#include "model/checkpoints/layouts.hpp"
#include "model/checkpoints/stored_tensor.hpp"
#include "model/families/family.hpp"
#include "model/families/tensor_names.hpp"
#include "radonc/core/error.hpp"
#include "radonc/formats/gguf.hpp"

namespace radonc::model {
namespace {

const Family& family_in_gguf(const std::string& architecture, const std::string& where) {
  std::string names;
  for (const Family* family : families()) {
    if (architecture == family->gguf_name) return *family;
    const std::string quoted = fmt::format("\"{}\"", family->gguf_name);
    if (names.find(quoted) == names.npos) names += (names.empty() ? "" : " or ") + quoted;
  }
  throw Error(
      fmt::format("{}: general.architecture: expected {}, got \"{}\". radonc runs models of the LLaMA and "
                  "Mistral family.",
                  where, names, architecture));
}

TransformerConfig read_config(const formats::GgufFile& file) {
  const std::string where = file.path().string();
  const auto architecture = file.string("general.architecture").value_or("");
  const Family& family = family_in_gguf(architecture, where);
  const auto key_of = [&](const char* field) { return architecture + "." + field; };
  const auto integer = [&](const char* field) {
    const std::string key = key_of(field);
    const auto value = file.unsigned_integer(key);
    if (!value) throw Error(fmt::format("{}: the metadata has no {}. The file is not a complete model.", where, key));
    return static_cast<std::int64_t>(*value);
  };
  TransformerConfig config;
  config.architecture = family.name;
  config.hidden_size = integer("embedding_length");
  config.intermediate_size = integer("feed_forward_length");
  config.num_hidden_layers = integer("block_count");
  config.num_attention_heads = integer("attention.head_count");
  config.num_key_value_heads = static_cast<std::int64_t>(
      file.unsigned_integer(key_of("attention.head_count_kv")).value_or(config.num_attention_heads));
  config.max_position_embeddings = integer("context_length");
  config.head_dim = static_cast<std::int64_t>(
      file.unsigned_integer(key_of("attention.key_length"))
          .value_or(config.num_attention_heads > 0 ? config.hidden_size / config.num_attention_heads : 0));
  config.rope_theta = file.number(key_of("rope.freq_base")).value_or(10000);
  config.rms_norm_eps = file.number(key_of("attention.layer_norm_rms_epsilon")).value_or(1e-5);
  config.vocab_size = file.tensor("token_embd.weight").shape.at(0);
  config.tie_word_embeddings = !file.has_tensor("output.weight");
  config.qkv_bias = file.has_tensor("blk.0.attn_q.bias");
  config.output_bias = file.has_tensor("blk.0.attn_output.bias");
  config.mlp_bias = file.has_tensor("blk.0.ffn_up.bias");

  const std::string scaling = file.string(key_of("rope.scaling.type")).value_or("none");
  if (scaling == "linear") {
    config.rope_scaling = {.type = ops::RopeScaling::Type::kLinear,
                           .factor = file.number(key_of("rope.scaling.factor")).value_or(1)};
  } else if (scaling == "yarn") {
    config.rope_scaling = {
        .type = ops::RopeScaling::Type::kYarn,
        .factor = file.number(key_of("rope.scaling.factor")).value_or(1),
        .original_max_position_embeddings = static_cast<double>(integer("rope.scaling.original_context_length"))};
    config.rope_scaling.attention_factor = 0.1 * std::log(config.rope_scaling.factor) + 1;
  } else if (scaling != "none") {
    throw Error(fmt::format("{}: rope.scaling.type: \"{}\" is not supported.", where, scaling));
  }
  return config;
}

class GgufCheckpoint : public Checkpoint {
 public:
  explicit GgufCheckpoint(const std::filesystem::path& path) : file_(path), config_(read_config(file_)) {
    validate(config_, path.string());
    if (file_.has_tensor("rope_freqs.weight")) {  // Llama 3.1: every pair's own factor
      const auto& source = file_.tensor("rope_freqs.weight");
      std::vector<float> factors(static_cast<std::size_t>(config_.head_dim / 2));
      formats::dequantize_rows(source, 0, 1, factors);
      config_.rope_scaling = {.type = ops::RopeScaling::Type::kFactors, .factors = factors};
    }
  }

  [[nodiscard]] const TransformerConfig& config() const override { return config_; }

  [[nodiscard]] torch::Tensor tensor(const std::string& name, torch::ScalarType dtype) const override {
    const auto& source = file_.tensor(name_in(Layout::kGguf, name));
    auto values = torch::empty(source.shape, torch::kFloat32);
    const std::int64_t rows = source.shape.size() > 1 ? source.shape[0] : 1;
    const std::int64_t row_length = rows > 0 ? values.numel() / rows : 0;
    at::parallel_for(0, rows, 64, [&](std::int64_t begin, std::int64_t end) {
      formats::dequantize_rows(
          source, begin, end - begin,
          {values.data_ptr<float>() + begin * row_length, static_cast<std::size_t>((end - begin) * row_length)});
    });
    if (family_of(config_).has_paired_rows_in_gguf) values = with_split_rows(name, values, config_);
    return converted(values, dtype, name, file_.path().string());
  }

 private:
  formats::GgufFile file_;
  TransformerConfig config_;
};

}  // namespace

std::unique_ptr<Checkpoint> open_gguf(const std::filesystem::path& file) {
  return std::make_unique<GgufCheckpoint>(file);
}

}  // namespace radonc::model
