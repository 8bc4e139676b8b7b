#include <fmt/format.h>
#include <torch/torch.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "model/checkpoint_layouts.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/core/safetensors.hpp"

namespace radonc::model {
namespace {

using nlohmann::json;

json parse(const std::filesystem::path& path) {
  json content = json::parse(core::read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!content.is_object()) throw Error(fmt::format("{}: expected a JSON object. The file is damaged.", path.string()));
  return content;
}

TransformerConfig read_config(const std::filesystem::path& path) {
  const json content = parse(path);
  const std::string where = path.string();
  const std::string type = content.value("model_type", "");
  if (type != "llama" && type != "mistral") {
    throw Error(fmt::format("{}: model_type: expected llama or mistral, got \"{}\". radonc runs models of this family.",
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
  for (const char* field : {"attention_bias", "mlp_bias"}) {
    if (content.contains(field) && content[field] == true)
      throw Error(fmt::format("{}: {}: linear layers with a bias are not supported.", where, field));
  }
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
  config.sliding_window = size("sliding_window", 0.0);
  config.tie_word_embeddings = content.value("tie_word_embeddings", false);

  // Newer files keep the rotary embedding's settings in rope_parameters, older ones in rope_theta and rope_scaling.
  json rope = content.value("rope_parameters", json());
  if (!rope.is_object()) rope = content.value("rope_scaling", json());
  if (!rope.is_object()) rope = json::object();
  const std::string scaling = rope.value("rope_type", rope.value("type", "default"));
  if (scaling != "default") throw Error(fmt::format("{}: rope type \"{}\" is not supported.", where, scaling));
  config.rope_theta = number(rope, "rope_theta", number(content, "rope_theta", 10000.0));
  return config;
}

class HuggingFaceCheckpoint : public Checkpoint {
 public:
  explicit HuggingFaceCheckpoint(const std::filesystem::path& folder)
      : folder_(folder), config_(read_config(folder / "config.json")) {
    validate(config_, (folder / "config.json").string());
    const auto index = folder / "model.safetensors.index.json";
    if (std::filesystem::exists(index)) {
      const json content = parse(index);
      if (!content.contains("weight_map") || !content["weight_map"].is_object())
        throw Error(fmt::format("{}: expected a weight_map. The file is damaged.", index.string()));
      for (const auto& [name, file] : content["weight_map"].items())
        if (!files_.contains(file.get<std::string>())) open(file.get<std::string>());
    } else {
      open("model.safetensors");
    }
  }

  [[nodiscard]] const TransformerConfig& config() const override { return config_; }

  [[nodiscard]] torch::Tensor tensor(const std::string& name, torch::ScalarType dtype) const override {
    const auto found = where_.find(name);
    if (found == where_.end())
      throw Error(fmt::format("{}: no tensor {}. The checkpoint is incomplete.", folder_.string(), name));
    const core::SafetensorsTensor& source = *found->second;
    static const std::map<std::string, torch::ScalarType> kTypes = {
        {"F32", torch::kFloat32}, {"F16", torch::kFloat16}, {"BF16", torch::kBFloat16}, {"F64", torch::kFloat64}};
    const auto type = kTypes.find(source.dtype);
    if (type == kTypes.end()) {
      throw Error(fmt::format("{}: tensor {}: type {} is not supported. Expected F32, F16 or BF16.", folder_.string(),
                              name, source.dtype));
    }
    auto values = torch::empty(source.shape, type->second);
    std::memcpy(values.data_ptr(), source.bytes.data(), source.bytes.size());
    return values.to(dtype);
  }

 private:
  void open(const std::string& file) {
    const auto& opened = *files_.emplace(file, std::make_unique<core::SafetensorsFile>(folder_ / file)).first->second;
    for (const core::SafetensorsTensor& tensor : opened.tensors()) where_.emplace(tensor.name, &tensor);
  }

  std::filesystem::path folder_;
  TransformerConfig config_;
  std::map<std::string, std::unique_ptr<core::SafetensorsFile>> files_;
  std::map<std::string, const core::SafetensorsTensor*> where_;
};

}  // namespace

std::unique_ptr<Checkpoint> open_hugging_face(const std::filesystem::path& folder) {
  return std::make_unique<HuggingFaceCheckpoint>(folder);
}

}  // namespace radonc::model
