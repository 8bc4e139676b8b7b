#include "radonc/lora/adapter_io.hpp"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>
#include <memory>
#include <set>

#include "lora/adapter_config.hpp"
#include "lora/plain_lora.hpp"
#include "model/checkpoints/stored_tensor.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/safetensors.hpp"

namespace radonc::lora {
namespace {

constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kWeightsFile = "adapter_model.safetensors";
constexpr const char* kBaseKey = "radonc.base";  // in the metadata of the weights: the base's fingerprint

}  // namespace

std::vector<std::pair<std::string, torch::Tensor>> peft_tensors(const Adapter& adapter) {
  std::vector<std::pair<std::string, torch::Tensor>> all;
  for (std::size_t i = 0; i < adapter.modules.size(); ++i) {
    const std::string prefix = "base_model.model." + adapter.modules[i];
    const ops::LowRankUpdate& update = adapter.updates[i];
    all.emplace_back(prefix + ".lora_A.weight", update.a);
    all.emplace_back(prefix + ".lora_B.weight", update.b);
    if (update.magnitude.defined()) all.emplace_back(prefix + ".lora_magnitude_vector", update.magnitude);
    if (update.b_bias.defined()) all.emplace_back(prefix + ".lora_B.bias", update.b_bias);
  }
  const std::set<std::string> adapted(adapter.modules.begin(), adapter.modules.end());
  for (const auto& [name, bias] : adapter.biases) {
    const char* layer = adapted.contains(name) ? ".base_layer" : "";  // PEFT wraps the layers that it adapts
    all.emplace_back(fmt::format("base_model.model.{}{}.bias", name, layer), bias);
  }
  for (const auto& [name, whole] : adapter.saved_modules)
    all.emplace_back(fmt::format("base_model.model.{}{}.weight", name == "embed_tokens" ? "model." : "", name), whole);
  return all;
}

void save_adapter(const Adapter& trained, const std::filesystem::path& folder, const std::string& base_model) {
  if (!trained.parameters.isfinite().all().item<bool>()) {
    throw Error(
        fmt::format("{}: the adapter holds values that are not finite and is not saved. Lower the learning rate.",
                    folder.string()));
  }
  const Adapter adapter = as_plain_lora(trained);
  std::vector<formats::SafetensorsView> views;
  auto tensors = peft_tensors(adapter);
  for (auto& [name, tensor] : tensors) {
    tensor = tensor.detach().cpu();
    views.push_back({.name = name,
                     .dtype = "F32",
                     .shape = tensor.sizes().vec(),
                     .bytes = {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()}});
  }
  formats::write_safetensors(folder / kWeightsFile, views, {{"format", "pt"}, {kBaseKey, adapter.base}});
  core::write_file_atomically(folder / kConfigFile, to_peft_json(adapter, base_model));
}

Adapter load_adapter(model::Transformer& model, const std::filesystem::path& folder) {
  const LoraConfig config = read_peft_config(folder / kConfigFile);
  const auto file = std::make_shared<const formats::SafetensorsFile>(folder / kWeightsFile);
  const std::string where = file->path().string();
  const auto base = file->metadata().find(kBaseKey);
  if (base != file->metadata().end() && base->second != model.fingerprint()) {
    throw Error(
        fmt::format("{}: the adapter was trained on another base model (fingerprint {}, this one's is {}). Load "
                    "that model.",
                    where, base->second, model.fingerprint()));
  }
  std::map<std::string, const formats::SafetensorsTensor*> stored;
  for (const formats::SafetensorsTensor& tensor : file->tensors()) stored[tensor.name] = &tensor;

  const Adapter before = attached(model);  // what the model keeps if the file turns out not to fit
  try {
    Adapter adapter = inject(model, config);
    const torch::NoGradGuard no_gradient;
    for (auto& [name, target] : peft_tensors(adapter)) {
      const auto found = stored.find(name);
      if (found == stored.end())
        throw Error(fmt::format("{}: no tensor {}. It is another model's adapter.", where, name));
      if (found->second->shape != target.sizes().vec())
        throw Error(fmt::format("{}: tensor {} has another shape than the model needs.", where, name));
      target.copy_(model::stored_tensor(*found->second, torch::kFloat32, file, where));
      stored.erase(found);
    }
    if (!stored.empty()) {
      throw Error(fmt::format("{}: unexpected tensor {} (and {} more). It is another model's adapter.", where,
                              stored.begin()->first, stored.size() - 1));
    }
    return adapter;
  } catch (...) {
    attach(model, before);
    throw;
  }
}

}  // namespace radonc::lora
