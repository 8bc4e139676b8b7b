#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "model/checkpoints/layouts.hpp"
#include "model/families/family.hpp"
#include "radonc/core/error.hpp"

namespace radonc::model {
namespace {

using nlohmann::json;

/// Newer files name each layer's kind of attention. All windowed layers must come last.
void read_layer_types(const ConfigFields& fields, TransformerConfig& config) {
  const json types = fields.content().value("layer_types", json());
  if (!types.is_array() || config.sliding_window == 0) return;
  const auto windowed = [](const json& type) { return type == "sliding_attention"; };
  const auto first = std::find_if(types.begin(), types.end(), windowed);
  if (!std::all_of(first, types.end(), windowed))
    throw Error(fmt::format("{}: layer_types: layers with and without a sliding window in turn are not supported.",
                            fields.where()));
  config.first_window_layer = first - types.begin();
}

ops::RopeScaling read_rope_scaling(const ConfigFields& rope, double max_positions) {
  using Type = ops::RopeScaling::Type;
  static const std::map<std::string, Type> kTypes = {{"default", Type::kNone},
                                                     {"linear", Type::kLinear},
                                                     {"dynamic", Type::kDynamic},
                                                     {"llama3", Type::kLlama3},
                                                     {"yarn", Type::kYarn}};
  const std::string name = rope.content().value("rope_type", rope.content().value("type", "default"));
  const auto type = kTypes.find(name);
  if (type == kTypes.end() || rope.content().value("partial_rotary_factor", 1.0) != 1.0) {
    throw Error(fmt::format("{}: rope type \"{}\" is not supported. Expected default, linear, dynamic, llama3 or yarn.",
                            rope.where(), name));
  }
  ops::RopeScaling scaling{.type = type->second};
  if (scaling.type == Type::kNone) return scaling;
  // The dynamic type stretches what max_position_embeddings says; the others name the first training's positions.
  scaling.original_max_position_embeddings =
      scaling.type == Type::kDynamic ? max_positions : rope.number("original_max_position_embeddings", max_positions);
  std::optional<double> factor;
  if (scaling.type == Type::kYarn) factor = max_positions / scaling.original_max_position_embeddings;
  scaling.factor = rope.number("factor", factor);
  if (scaling.type == Type::kLlama3) {
    scaling.low_freq_factor = rope.number("low_freq_factor");
    scaling.high_freq_factor = rope.number("high_freq_factor");
  }
  if (scaling.type == Type::kYarn) {
    scaling.beta_fast = rope.number("beta_fast", 32);
    scaling.beta_slow = rope.number("beta_slow", 1);
    scaling.truncate = rope.flag("truncate", true);
    const auto growth = [&](double scale) { return 0.1 * scale * std::log(scaling.factor) + 1; };
    const double mscale = rope.number("mscale", 0), mscale_all = rope.number("mscale_all_dim", 0);
    scaling.attention_factor = rope.number(
        "attention_factor", mscale != 0 && mscale_all != 0 ? growth(mscale) / growth(mscale_all) : growth(1));
  }
  return scaling;
}

TransformerConfig read_config(const ConfigFields& fields) {
  const std::string type = fields.content().value("model_type", "");
  const Family* family = family_named(type);
  if (family == nullptr) {
    throw Error(fmt::format("{}: model_type: expected {}, got \"{}\". radonc runs models of this family.",
                            fields.where(), family_names(), type));
  }
  TransformerConfig config;
  config.architecture = family->name;
  config.vocab_size = fields.size("vocab_size");
  config.hidden_size = fields.size("hidden_size");
  config.intermediate_size = fields.size("intermediate_size");
  config.num_hidden_layers = fields.size("num_hidden_layers");
  config.num_attention_heads = fields.size("num_attention_heads");
  config.num_key_value_heads = fields.size("num_key_value_heads", static_cast<double>(config.num_attention_heads));
  config.head_dim = fields.size("head_dim", config.num_attention_heads > 0
                                                ? static_cast<double>(config.hidden_size / config.num_attention_heads)
                                                : 0.0);
  config.max_position_embeddings = fields.size("max_position_embeddings");
  config.rms_norm_eps = fields.number("rms_norm_eps", 1e-6);
  config.tie_word_embeddings = fields.flag("tie_word_embeddings");
  family->read(fields, config);
  read_layer_types(fields, config);

  // Newer files keep the rotary embedding's settings in rope_parameters, older ones in rope_theta and rope_scaling.
  json settings = fields.content().value("rope_parameters", json());
  if (!settings.is_object()) settings = fields.content().value("rope_scaling", json());
  const ConfigFields rope(fields, settings);
  config.rope_theta = rope.number("rope_theta", fields.number("rope_theta", 10000.0));
  config.rope_scaling = read_rope_scaling(rope, static_cast<double>(config.max_position_embeddings));
  return config;
}

}  // namespace

TransformerConfig read_hugging_face_config(const std::filesystem::path& path) {
  try {
    return read_config(ConfigFields(path));
  } catch (const json::exception&) {
    throw Error(
        fmt::format("{}: a field has another type than in Hugging Face's files. The file is damaged.", path.string()));
  }
}

}  // namespace radonc::model
