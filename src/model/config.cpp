#include "radonc/model/config.hpp"

#include <fmt/format.h>

#include "model/families/family.hpp"
#include "radonc/core/error.hpp"

namespace radonc::model {

void validate(const TransformerConfig& c, const std::string& where) {
  const auto require = [&](bool holds, const std::string& what) {
    if (!holds)
      throw Error(fmt::format("{}: {}. The file does not describe a model that radonc can run.", where, what));
  };
  const auto positive = [&](std::int64_t value, const char* field) {
    require(value > 0, fmt::format("expected {} > 0, got {}", field, value));
  };
  require(family_named(c.architecture) != nullptr,
          fmt::format("expected architecture {}, got \"{}\"", family_names(), c.architecture));
  positive(c.vocab_size, "vocab_size");
  positive(c.hidden_size, "hidden_size");
  positive(c.intermediate_size, "intermediate_size");
  positive(c.num_hidden_layers, "num_hidden_layers");
  positive(c.num_attention_heads, "num_attention_heads");
  positive(c.num_key_value_heads, "num_key_value_heads");
  positive(c.head_dim, "head_dim");
  positive(c.max_position_embeddings, "max_position_embeddings");
  require(c.head_dim % 2 == 0, fmt::format("expected an even head_dim, got {}", c.head_dim));
  require(c.num_attention_heads % c.num_key_value_heads == 0,
          fmt::format("expected num_attention_heads to be a multiple of num_key_value_heads, got {} and {}",
                      c.num_attention_heads, c.num_key_value_heads));
  require(c.rope_theta > 0, fmt::format("expected rope_theta > 0, got {}", c.rope_theta));
  require(c.rms_norm_eps > 0, fmt::format("expected rms_norm_eps > 0, got {}", c.rms_norm_eps));
  const ops::RopeScaling& scaling = c.rope_scaling;
  using Type = ops::RopeScaling::Type;
  if (scaling.type != Type::kNone)
    require(scaling.factor >= 1, fmt::format("expected a rope scaling factor >= 1, got {}", scaling.factor));
  if (scaling.type == Type::kDynamic || scaling.type == Type::kLlama3 || scaling.type == Type::kYarn) {
    require(scaling.original_max_position_embeddings > 0, "expected original_max_position_embeddings > 0");
    require(scaling.high_freq_factor > scaling.low_freq_factor && scaling.low_freq_factor > 0,
            "expected 0 < low_freq_factor < high_freq_factor");
    require(scaling.beta_fast > 0 && scaling.beta_slow > 0 && scaling.attention_factor > 0,
            "expected beta_fast, beta_slow and attention_factor > 0");
    require(c.head_dim > 2 && c.rope_theta > 1, "expected head_dim > 2 and rope_theta > 1 for a scaled rope");
  }
  require(c.sliding_window >= 0, fmt::format("expected sliding_window >= 0, got {}", c.sliding_window));
}

std::int64_t longest_sequence(const TransformerConfig& c) {
  const bool grows = c.rope_scaling.type == ops::RopeScaling::Type::kDynamic;
  return grows ? static_cast<std::int64_t>(static_cast<double>(c.max_position_embeddings) * c.rope_scaling.factor)
               : c.max_position_embeddings;
}

TransformerConfig llama2_7b() {
  return {.vocab_size = 32000,
          .hidden_size = 4096,
          .intermediate_size = 11008,
          .num_hidden_layers = 32,
          .num_attention_heads = 32,
          .num_key_value_heads = 32,
          .head_dim = 128,
          .max_position_embeddings = 4096};
}

TransformerConfig mistral_7b_v01() {
  TransformerConfig config = llama2_7b();
  config.architecture = "mistral";
  config.intermediate_size = 14336;
  config.num_key_value_heads = 8;
  config.max_position_embeddings = 32768;
  config.sliding_window = 4096;
  return config;
}

TransformerConfig mistral_7b_v02() {
  TransformerConfig config = mistral_7b_v01();
  config.rope_theta = 1e6;
  config.sliding_window = 0;
  return config;
}

TransformerConfig mistral_7b_v03() {
  TransformerConfig config = mistral_7b_v02();
  config.vocab_size = 32768;
  return config;
}

}  // namespace radonc::model
