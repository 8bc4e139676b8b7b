#include "radonc/lora/merge.hpp"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "radonc/core/error.hpp"

namespace radonc::lora {
namespace {

/// The layer of that name. The adapter that names it is attached, so it exists.
model::Linear& layer_named(model::Transformer& model, const std::string& name) {
  const auto linears = model.linears();
  return **std::find_if(linears.begin(), linears.end(), [&](const auto* linear) { return linear->name == name; });
}

/// Puts what training made of the biases into them, and what they were into `merged`.
void merge_biases(model::Transformer& model, Merged& merged) {
  for (model::Linear* layer : model.linears()) {
    const bool shifted = layer->update && layer->update->b_bias.defined();
    if (!shifted && !layer->trained_bias.defined()) continue;
    merged.biases.emplace_back(layer->name, layer->bias);
    auto bias = (layer->trained_bias.defined() ? layer->trained_bias.detach() : layer->bias).to(torch::kFloat32);
    if (shifted) bias = bias + layer->update->b_bias.detach() * layer->update->scale;
    layer->bias = bias.to(model.compute_dtype());
  }
}

}  // namespace

Merged merge(model::Transformer& model, const Adapter& adapter, MergeTarget target) {
  const torch::NoGradGuard no_gradient;
  attach(model, adapter);  // checks that it fits
  for (const std::string& module : adapter.modules) {
    const model::Linear& layer = layer_named(model, module);
    if (layer.update->b_bias.defined() && !layer.bias.defined()) {
      throw Error(fmt::format(
          "{} has no bias that the adapter's lora_bias could be merged into. Keep the adapter apart.", module));
    }
  }
  Merged merged{.adapter = adapter};
  const auto type = model.dtype();
  merge_biases(model, merged);
  for (std::size_t i = 0; i < adapter.modules.size(); ++i) {
    model::Linear& layer = layer_named(model, adapter.modules[i]);
    merged.weights.push_back(layer.weight);
    const auto original = layer.weight.dense(torch::kFloat32);
    const auto exact = adapter.updates[i].apply_to(original);
    if (target == MergeTarget::kNf4) {
      layer.weight = ops::nf4_quantize(exact.to(type));
    } else {
      layer.weight = exact.to(type);
    }
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
  for (std::size_t i = 0; i < merged.weights.size(); ++i)
    layer_named(model, merged.adapter.modules[i]).weight = merged.weights[i];
  for (const auto& [name, bias] : merged.biases) layer_named(model, name).bias = bias;
  for (const auto& [name, frozen] : merged.modules) model.set_frozen_module(name, frozen);
}

}  // namespace radonc::lora
