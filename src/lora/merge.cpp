#include "radonc/lora/merge.hpp"

#include <torch/torch.h>

#include <algorithm>

namespace radonc::lora {
namespace {

/// The model's layers of the adapter's modules, in their order. The adapter is attached, so all of them exist.
std::vector<model::Linear*> layers_of(model::Transformer& model, const Adapter& adapter) {
  const auto linears = model.linears();
  std::vector<model::Linear*> found;
  for (const std::string& module : adapter.modules) {
    found.push_back(*std::find_if(linears.begin(), linears.end(),
                                  [&](const model::Linear* linear) { return linear->name == module; }));
  }
  return found;
}

}  // namespace

Merged merge(model::Transformer& model, const Adapter& adapter, MergeTarget target) {
  const torch::NoGradGuard no_gradient;
  attach(model, adapter);  // checks that it fits
  Merged merged{.adapter = adapter};
  const auto type = model.dtype();
  const auto layers = layers_of(model, adapter);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    model::Linear& layer = *layers[i];
    merged.weights.push_back(layer.weight);
    merged.biases.push_back(layer.bias);
    const auto original = layer.weight.dense(torch::kFloat32);
    const auto exact = adapter.updates[i].apply_to(original);
    if (target == MergeTarget::kNf4) {
      layer.weight = ops::nf4_quantize(exact.to(type));
    } else {
      layer.weight = exact.to(type);
    }
    if (adapter.updates[i].bias.defined()) layer.bias = adapter.updates[i].bias.detach().to(type);
    const double change = (exact - original).norm().item<double>();
    const double lost = (layer.weight.dense(torch::kFloat32) - exact).norm().item<double>();
    if (change > 0 && lost / change > merged.relative_error) {
      merged.relative_error = lost / change;
      merged.worst_module = layer.name;
    }
  }
  for (const auto& [name, whole] : adapter.saved_modules) {
    merged.modules.emplace_back(name, model.frozen_module(name));
    model.set_frozen_module(name, whole.detach().to(type));
  }
  remove(model);
  return merged;
}

void unmerge(model::Transformer& model, const Merged& merged) {
  attach(model, merged.adapter);
  const auto layers = layers_of(model, merged.adapter);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i]->weight = merged.weights[i];
    layers[i]->bias = merged.biases[i];
  }
  for (const auto& [name, frozen] : merged.modules) model.set_frozen_module(name, frozen);
}

}  // namespace radonc::lora
