#include "radonc/lora/adapter_io.hpp"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/core/safetensors.hpp"

namespace radonc::lora {
namespace {

using nlohmann::json;

constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kWeightsFile = "adapter_model.safetensors";

std::string key(const std::string& module, char side) {
  return fmt::format("base_model.model.{}.lora_{}.weight", module, side);
}

/// "model.layers.3.mlp.up_proj" → "up_proj"
std::string last_name(const std::string& module) {
  return module.substr(module.rfind('.') + 1);
}

nlohmann::ordered_json peft_config(const Adapter& adapter, const std::string& base_model) {
  std::set<std::string> targets;
  for (const std::string& module : adapter.modules) targets.insert(last_name(module));
  return {{"alpha_pattern", json::object()},
          {"auto_mapping", nullptr},
          {"base_model_name_or_path", base_model},
          {"bias", "none"},
          {"fan_in_fan_out", false},
          {"inference_mode", true},
          {"init_lora_weights", true},
          {"layers_pattern", nullptr},
          {"layers_to_transform", nullptr},
          {"lora_alpha", adapter.config.alpha},
          {"lora_dropout", adapter.config.dropout},
          {"modules_to_save", nullptr},
          {"peft_type", "LORA"},
          {"r", adapter.config.rank},
          {"rank_pattern", json::object()},
          {"revision", nullptr},
          {"target_modules", targets},
          {"task_type", "CAUSAL_LM"},
          {"use_dora", false},
          {"use_rslora", false}};
}

/// Settings of PEFT that would change the adapter's meaning and that radonc does not know: refused unless at rest.
void refuse_unknown(const json& config, const std::string& where) {
  const auto refuse = [&](const std::string& field) {
    throw Error(fmt::format("{}: {}: {} is not supported. Only plain LoRA adapters can be loaded.", where, field,
                            config.at(field).dump()));
  };
  if (config.value("peft_type", "") != "LORA")
    throw Error(fmt::format("{}: peft_type: expected LORA, got \"{}\".", where, config.value("peft_type", "")));
  if (config.value("bias", "none") != "none") refuse("bias");
  for (const char* field : {"use_dora", "use_rslora", "fan_in_fan_out", "lora_bias", "use_qalora"})
    if (config.contains(field) && config[field] == true) refuse(field);
  for (const char* field : {"rank_pattern", "alpha_pattern", "modules_to_save", "layers_to_transform",
                            "target_parameters", "trainable_token_indices"})
    if (config.contains(field) && !config[field].is_null() && !config[field].empty()) refuse(field);
}

LoraConfig read_config(const std::filesystem::path& path) {
  const std::string where = path.string();
  const json content = json::parse(core::read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!content.is_object()) throw Error(fmt::format("{}: expected a JSON object. The file is damaged.", where));
  refuse_unknown(content, where);
  LoraConfig config;
  try {
    config.rank = content.at("r").get<std::int64_t>();
    config.alpha = content.at("lora_alpha").get<double>();
    config.dropout = content.value("lora_dropout", 0.0);
    const json& targets = content.at("target_modules");
    if (targets.is_string()) {
      config.target_modules = {targets.get<std::string>()};
    } else {
      config.target_modules = targets.get<std::vector<std::string>>();
    }
  } catch (const json::exception&) {
    throw Error(
        fmt::format("{}: expected the fields r, lora_alpha and target_modules. The file is incomplete.", where));
  }
  return config;
}

}  // namespace

void save_adapter(const Adapter& adapter, const std::filesystem::path& folder, const std::string& base_model) {
  if (!adapter.parameters.isfinite().all().item<bool>()) {
    throw Error(
        fmt::format("{}: the adapter holds values that are not finite and is not saved. Lower the learning rate.",
                    folder.string()));
  }
  std::vector<core::SafetensorsView> views;
  for (std::size_t i = 0; i < adapter.modules.size(); ++i) {
    for (const auto& [side, tensor] : {std::pair{'A', adapter.updates[i].a}, std::pair{'B', adapter.updates[i].b}}) {
      views.push_back({.name = key(adapter.modules[i], side),
                       .dtype = "F32",
                       .shape = tensor.sizes().vec(),
                       .bytes = {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()}});
    }
  }
  core::write_safetensors(folder / kWeightsFile, views, {{"format", "pt"}});
  core::write_file_atomically(folder / kConfigFile, peft_config(adapter, base_model).dump(2) + "\n");
}

Adapter load_adapter(model::Transformer& model, const std::filesystem::path& folder) {
  const LoraConfig config = read_config(folder / kConfigFile);
  const core::SafetensorsFile file(folder / kWeightsFile);
  const std::string where = file.path().string();
  std::map<std::string, const core::SafetensorsTensor*> stored;
  for (const core::SafetensorsTensor& tensor : file.tensors()) stored[tensor.name] = &tensor;

  // The model keeps what it had if the file turns out not to fit.
  std::vector<std::optional<ops::LowRankUpdate>> before;
  for (const model::Linear* linear : model.linears()) before.push_back(linear->update);
  try {
    Adapter adapter = inject(model, config);
    const torch::NoGradGuard no_gradient;
    for (std::size_t i = 0; i < adapter.modules.size(); ++i) {
      for (const auto& [side, tensor] : {std::pair{'A', adapter.updates[i].a}, std::pair{'B', adapter.updates[i].b}}) {
        const std::string name = key(adapter.modules[i], side);
        const auto found = stored.find(name);
        if (found == stored.end())
          throw Error(fmt::format("{}: no tensor {}. It is another model's adapter.", where, name));
        const core::SafetensorsTensor& source = *found->second;
        if (source.shape != tensor.sizes().vec())
          throw Error(fmt::format("{}: tensor {} has another shape than the model needs.", where, name));
        const auto type = source.dtype == "F32"    ? torch::kFloat32
                          : source.dtype == "BF16" ? torch::kBFloat16
                          : source.dtype == "F16"  ? torch::kFloat16
                                                   : torch::kUInt8;
        if (type == torch::kUInt8)
          throw Error(fmt::format("{}: tensor {}: type {} is not supported.", where, name, source.dtype));
        auto values = torch::empty(source.shape, type);
        std::memcpy(values.data_ptr(), source.bytes.data(), source.bytes.size());
        torch::Tensor target = tensor;
        target.copy_(values);
        stored.erase(found);
      }
    }
    if (!stored.empty()) {
      throw Error(fmt::format("{}: unexpected tensor {} (and {} more). It is another model's adapter.", where,
                              stored.begin()->first, stored.size() - 1));
    }
    return adapter;
  } catch (...) {
    const auto linears = model.linears();
    for (std::size_t i = 0; i < linears.size(); ++i) linears[i]->update = before[i];
    throw;
  }
}

}  // namespace radonc::lora
