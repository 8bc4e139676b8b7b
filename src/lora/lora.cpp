#include "radonc/lora/lora.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "radonc/core/error.hpp"

namespace radonc::lora {
namespace {

bool matches(const std::string& module, const std::string& target) {
  return target == "all-linear" || module == target || module.ends_with("." + target);
}

void check(const LoraConfig& config, const std::vector<model::Linear*>& linears) {
  if (config.target_modules.empty()) throw Error("LoraConfig.target_modules is empty. Name layers, or \"all-linear\".");
  for (const std::string& target : config.target_modules) {
    if (std::none_of(linears.begin(), linears.end(),
                     [&](const auto* linear) { return matches(linear->name, target); })) {
      throw Error(
          fmt::format("LoraConfig.target_modules: \"{}\" matches no linear layer. Use names such as q_proj, k_proj, "
                      "v_proj, o_proj, "
                      "gate_proj, up_proj, down_proj, or \"all-linear\".",
                      target));
    }
  }
  if (!(config.dropout >= 0 && config.dropout < 1))
    throw Error(fmt::format("LoraConfig.dropout: expected 0 <= dropout < 1, got {}.", config.dropout));
  if (!std::isfinite(config.alpha)) throw Error("LoraConfig.alpha: expected a finite number.");
}

}  // namespace

Adapter inject(model::Transformer& model, const LoraConfig& config) {
  auto linears = model.linears();
  check(config, linears);
  std::erase_if(linears, [&](const model::Linear* linear) {
    return std::none_of(config.target_modules.begin(), config.target_modules.end(),
                        [&](const std::string& target) { return matches(linear->name, target); });
  });
  std::int64_t total = 0;
  for (const model::Linear* linear : linears) {
    const std::int64_t out = linear->weight.size(0), in = linear->weight.size(1);
    if (config.rank <= 0 || config.rank > std::min(in, out)) {
      throw Error(fmt::format("LoraConfig.rank: expected 0 < rank <= min(in, out) = {} of {}, got {}.",
                              std::min(in, out), linear->name, config.rank));
    }
    total += config.rank * (in + out);
  }

  Adapter adapter{.config = config,
                  .modules = {},
                  .parameters = torch::zeros({total}),
                  .gradients = torch::zeros({total}),
                  .updates = {}};
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(config.seed);
  std::int64_t used = 0;
  const auto parameter = [&](std::int64_t rows, std::int64_t columns) {
    auto view = adapter.parameters.narrow(0, used, rows * columns).view({rows, columns}).detach();
    view.set_requires_grad(true);
    view.mutable_grad() = adapter.gradients.narrow(0, used, rows * columns).view({rows, columns});
    used += rows * columns;
    return view;
  };
  for (const model::Linear* linear : linears) {
    const std::int64_t out = linear->weight.size(0), in = linear->weight.size(1);
    const double bound = 1.0 / std::sqrt(static_cast<double>(in));
    ops::LowRankUpdate update{.a = parameter(config.rank, in),
                              .b = parameter(out, config.rank),
                              .scale = config.alpha / static_cast<double>(config.rank),
                              .dropout = config.dropout};
    update.a.detach().uniform_(-bound, bound, generator);
    adapter.modules.push_back(linear->name);
    adapter.updates.push_back(std::move(update));
  }
  remove(model);
  attach(model, adapter);
  return adapter;
}

void attach(model::Transformer& model, const Adapter& adapter) {
  auto linears = model.linears();
  for (std::size_t i = 0; i < adapter.modules.size(); ++i) {
    const auto found = std::find_if(linears.begin(), linears.end(),
                                    [&](const auto* linear) { return linear->name == adapter.modules[i]; });
    const ops::LowRankUpdate& update = adapter.updates[i];
    if (found == linears.end() || update.a.size(1) != (*found)->weight.size(1) ||
        update.b.size(0) != (*found)->weight.size(0)) {
      throw Error(fmt::format("The adapter's module {} does not fit the model. It belongs to another base model.",
                              adapter.modules[i]));
    }
    (*found)->update = update;
  }
}

void remove(model::Transformer& model) {
  for (model::Linear* linear : model.linears()) linear->update.reset();
}

}  // namespace radonc::lora
