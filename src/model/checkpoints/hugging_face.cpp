#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "model/checkpoints/layouts.hpp"
#include "model/checkpoints/stored_tensor.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/safetensors.hpp"

namespace radonc::model {
namespace {

using nlohmann::json;

json parse(const std::filesystem::path& path) {
  json content = json::parse(core::read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!content.is_object()) throw Error(fmt::format("{}: expected a JSON object. The file is damaged.", path.string()));
  return content;
}

/// Newer files name each layer's kind of attention. All windowed layers must come last.
void read_layer_types(const json& content, const std::string& where, TransformerConfig& config) {
  const json types = content.value("layer_types", json());
  if (!types.is_array() || config.sliding_window == 0) return;
  const auto windowed = [](const json& type) { return type == "sliding_attention"; };
  const auto first = std::find_if(types.begin(), types.end(), windowed);
  if (!std::all_of(first, types.end(), windowed))
    throw Error(
        fmt::format("{}: layer_types: layers with and without a sliding window in turn are not supported.", where));
  config.first_window_layer = first - types.begin();
}

ops::RopeScaling read_rope_scaling(const json& rope, const std::string& where, double max_positions,
                                   const std::function<double(const char*, std::optional<double>)>& number) {
  using Type = ops::RopeScaling::Type;
  static const std::map<std::string, Type> kTypes = {{"default", Type::kNone},
                                                     {"linear", Type::kLinear},
                                                     {"dynamic", Type::kDynamic},
                                                     {"llama3", Type::kLlama3},
                                                     {"yarn", Type::kYarn}};
  const std::string name = rope.value("rope_type", rope.value("type", "default"));
  const auto type = kTypes.find(name);
  if (type == kTypes.end() || rope.value("partial_rotary_factor", 1.0) != 1.0) {
    throw Error(fmt::format("{}: rope type \"{}\" is not supported. Expected default, linear, dynamic, llama3 or yarn.",
                            where, name));
  }
  ops::RopeScaling scaling{.type = type->second};
  if (scaling.type == Type::kNone) return scaling;
  // The dynamic type stretches what max_position_embeddings says; the others name the first training's positions.
  scaling.original_max_position_embeddings =
      scaling.type == Type::kDynamic ? max_positions : number("original_max_position_embeddings", max_positions);
  std::optional<double> factor;
  if (scaling.type == Type::kYarn) factor = max_positions / scaling.original_max_position_embeddings;
  scaling.factor = number("factor", factor);
  if (scaling.type == Type::kLlama3) {
    scaling.low_freq_factor = number("low_freq_factor", std::nullopt);
    scaling.high_freq_factor = number("high_freq_factor", std::nullopt);
  }
  if (scaling.type == Type::kYarn) {
    scaling.beta_fast = number("beta_fast", 32);
    scaling.beta_slow = number("beta_slow", 1);
    scaling.truncate = rope.value("truncate", true);
    const auto growth = [&](double scale) { return 0.1 * scale * std::log(scaling.factor) + 1; };
    const double mscale = number("mscale", 0), mscale_all = number("mscale_all_dim", 0);
    scaling.attention_factor =
        number("attention_factor", mscale != 0 && mscale_all != 0 ? growth(mscale) / growth(mscale_all) : growth(1));
  }
  return scaling;
}

TransformerConfig read_config(const std::filesystem::path& path) {
  const json content = parse(path);
  const std::string where = path.string();
  const std::string type = content.value("model_type", "");
  if (type != "llama" && type != "mistral" && type != "qwen2") {
    throw Error(
        fmt::format("{}: model_type: expected llama, mistral or qwen2, got \"{}\". radonc runs models of this "
                    "family.",
                    where, type));
  }
  const auto number = [&](const json& object, const char* field, std::optional<double> fallback) {
    const auto found = object.find(field);
    if (found != object.end() && found->is_number()) return found->get<double>();
    if (fallback && (found == object.end() || found->is_null())) return *fallback;
    throw Error(fmt::format("{}: {}: expected a number. The file is not a complete configuration.", where, field));
  };
  const auto size = [&](const char* field, std::optional<double> fallback = std::nullopt) {
    return static_cast<std::int64_t>(number(content, field, fallback));
  };
  TransformerConfig config;
  config.vocab_size = size("vocab_size");
  config.hidden_size = size("hidden_size");
  config.intermediate_size = size("intermediate_size");
  config.num_hidden_layers = size("num_hidden_layers");
  config.num_attention_heads = size("num_attention_heads");
  config.num_key_value_heads = size("num_key_value_heads", static_cast<double>(config.num_attention_heads));
  config.head_dim =
      size("head_dim",
           config.num_attention_heads > 0 ? static_cast<double>(config.hidden_size / config.num_attention_heads) : 0.0);
  config.max_position_embeddings = size("max_position_embeddings");
  config.rms_norm_eps = number(content, "rms_norm_eps", 1e-6);
  config.tie_word_embeddings = content.value("tie_word_embeddings", false);
  if (type == "qwen2") {
    config.qkv_bias = true;
    if (content.value("use_sliding_window", false)) {
      config.sliding_window = size("sliding_window", 0.0);
      config.first_window_layer = size("max_window_layers", 28.0);
    }
  } else {
    config.sliding_window = size("sliding_window", 0.0);
    config.qkv_bias = config.output_bias = content.value("attention_bias", false);
    config.mlp_bias = content.value("mlp_bias", false);
  }
  read_layer_types(content, where, config);

  // Newer files keep the rotary embedding's settings in rope_parameters, older ones in rope_theta and rope_scaling.
  json rope = content.value("rope_parameters", json());
  if (!rope.is_object()) rope = content.value("rope_scaling", json());
  if (!rope.is_object()) rope = json::object();
  config.rope_theta = number(rope, "rope_theta", number(content, "rope_theta", 10000.0));
  config.rope_scaling = read_rope_scaling(
      rope, where, static_cast<double>(config.max_position_embeddings),
      [&](const char* field, std::optional<double> fallback) { return number(rope, field, fallback); });
  return config;
}

/// What bitsandbytes stores beside the codes of `name`, in one JSON text.
json quant_state(const formats::SafetensorsTensor& tensor, const std::string& where) {
  const auto* text = reinterpret_cast<const char*>(tensor.bytes.data());
  json state = json::parse(text, text + tensor.bytes.size(), nullptr, /*allow_exceptions=*/false);
  if (!state.is_object() || state.value("quant_type", "") != "nf4" || state.value("blocksize", 0) != ops::Nf4::kBlock ||
      (state.contains("nested_blocksize") && state["nested_blocksize"] != ops::Nf4::kNestedBlock)) {
    throw Error(fmt::format("{}: tensor {}: expected NF4 in blocks of 64 (nested: 256).", where, tensor.name));
  }
  return state;
}

class HuggingFaceCheckpoint : public Checkpoint {
 public:
  explicit HuggingFaceCheckpoint(const std::filesystem::path& folder) : folder_(folder) {
    const auto path = folder / "config.json";
    try {
      config_ = read_config(path);
    } catch (const json::exception&) {
      throw Error(fmt::format("{}: a field has another type than in Hugging Face's files. The file is damaged.",
                              path.string()));
    }
    validate(config_, path.string());
    const auto index = folder / "model.safetensors.index.json";
    if (std::filesystem::exists(index)) {
      const json content = parse(index);
      const json map = content.value("weight_map", json());
      if (!map.is_object() || !std::all_of(map.begin(), map.end(), [](const json& file) { return file.is_string(); }))
        throw Error(fmt::format("{}: expected a weight_map. The file is damaged.", index.string()));
      for (const auto& [name, file] : map.items()) open(file.get<std::string>());
      for (const auto& [name, file] : map.items()) {
        if (where_.contains(name)) continue;
        throw Error(fmt::format("{}: no tensor {}, which {} promises. Copy the shard again.",
                                (folder / file.get<std::string>()).string(), name, index.string()));
      }
    } else {
      open("model.safetensors");
    }
  }

  [[nodiscard]] const TransformerConfig& config() const override { return config_; }

  [[nodiscard]] torch::Tensor tensor(const std::string& name, torch::ScalarType dtype) const override {
    if (const auto quantized = nf4(name)) return ops::nf4_dequantize(*quantized, dtype);
    return stored(name, dtype);
  }

  void release(const std::string& name) const override {
    if (const auto found = where_.find(name); found != where_.end()) core::release_pages(found->second.tensor.bytes);
  }

  [[nodiscard]] std::optional<ops::Nf4> nf4(const std::string& name) const override {
    const auto state_of = where_.find(name + ".quant_state.bitsandbytes__nf4");
    if (state_of == where_.end()) return std::nullopt;
    const std::string where = folder_.string();
    const json state = quant_state(state_of->second.tensor, where);
    ops::Nf4 out;
    try {
      std::tie(out.rows, out.columns) = state.at("shape").get<std::pair<std::int64_t, std::int64_t>>();
      out.nested_offset = state.value("nested_offset", 0.0);
      out.source_type = state.value("dtype", "") == "float32"   ? torch::kFloat32
                        : state.value("dtype", "") == "float16" ? torch::kFloat16
                                                                : torch::kBFloat16;
    } catch (const json::exception&) {
      throw Error(fmt::format("{}: tensor {}: its quantisation state is damaged.", where, name));
    }
    const bool nested = state.contains("nested_blocksize");
    out.codes = stored(name, torch::kUInt8).flatten();
    out.absmax = stored(name + ".absmax", nested ? torch::kUInt8 : torch::kFloat32);
    if (nested) {
      out.nested_absmax = stored(name + ".nested_absmax", torch::kFloat32);
      out.nested_map = stored(name + ".nested_quant_map", torch::kFloat32);
    }
    const std::int64_t blocks = out.absmax.numel();
    if (out.rows <= 0 || out.columns <= 0 || out.codes.numel() * 2 / out.rows != out.columns ||
        out.codes.numel() * 2 != out.rows * out.columns || blocks * ops::Nf4::kBlock != out.codes.numel() * 2 ||
        (nested && (out.nested_absmax.numel() != (blocks + 255) / 256 || out.nested_map.numel() != 256)) ||
        !torch::equal(stored(name + ".quant_map", torch::kFloat32),
                      torch::tensor(at::ArrayRef<float>(ops::kNf4Values)))) {
      throw Error(fmt::format("{}: tensor {}: its codes and constants do not fit together.", where, name));
    }
    return out;
  }

 private:
  struct Stored {
    formats::SafetensorsTensor tensor;
    std::shared_ptr<const formats::SafetensorsFile> file;
  };

  void open(const std::string& name) {
    if (!opened_.insert(name).second) return;
    // A shard lies in the folder itself: an index cannot send radonc elsewhere.
    if (std::filesystem::path(name).filename() != name)
      throw Error(fmt::format("{}: the index names a file outside the folder.", folder_.string()));
    const auto file = std::make_shared<const formats::SafetensorsFile>(folder_ / name);
    for (const formats::SafetensorsTensor& tensor : file->tensors()) {
      if (!where_.emplace(tensor.name, Stored{tensor, file}).second)
        throw Error(fmt::format("{}: tensor {} is also in another shard.", (folder_ / name).string(), tensor.name));
    }
  }

  [[nodiscard]] torch::Tensor stored(const std::string& name, torch::ScalarType dtype) const {
    const auto found = where_.find(name);
    if (found == where_.end())
      throw Error(fmt::format("{}: no tensor {}. The checkpoint is incomplete.", folder_.string(), name));
    return stored_tensor(found->second.tensor, dtype, found->second.file, found->second.file->path().string());
  }

  std::filesystem::path folder_;
  TransformerConfig config_;
  std::set<std::string> opened_;
  std::map<std::string, Stored> where_;
};

}  // namespace

std::unique_ptr<Checkpoint> open_hugging_face(const std::filesystem::path& folder) {
  return std::make_unique<HuggingFaceCheckpoint>(folder);
}

}  // namespace radonc::model
