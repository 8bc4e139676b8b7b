#include "radonc/lora/lora.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <regex>

#include "lora/targets.hpp"
#include "radonc/core/error.hpp"

namespace radonc::lora {
namespace {

void check(const LoraConfig& config, const model::Transformer& model) {
  if (!(config.dropout >= 0 && config.dropout < 1))
    throw Error(fmt::format("LoraConfig.dropout: expected 0 <= dropout < 1, got {}.", config.dropout));
  if (!std::isfinite(config.alpha)) throw Error("LoraConfig.alpha: expected a finite number.");
  if (config.use_dora && config.init == Init::kPissa)
    throw Error("LoraConfig: DoRA and PiSSA cannot be combined. Choose one.");
  if (config.use_dora && config.lora_bias)
    throw Error("LoraConfig: DoRA and lora_bias cannot be combined. Choose one.");
  for (const std::string& name : config.modules_to_save) {
    if (name != "lm_head" && name != "embed_tokens") {
      throw Error(fmt::format("LoraConfig.modules_to_save: expected lm_head or embed_tokens, got \"{}\".", name));
    }
    if (model.config().tie_word_embeddings) {
      throw Error(
          fmt::format("LoraConfig.modules_to_save: this model ties lm_head and embed_tokens, so {} cannot train "
                      "alone. Leave modules_to_save empty.",
                      name));
    }
  }
}

/// What an adapter of `linears` needs: the number of values of each parameter, in order.
class Parameters {
 public:
  void reserve(std::int64_t rows, std::int64_t columns) { total_ += rows * columns; }

  void allocate(Adapter& adapter, const torch::Device& device) {
    adapter.parameters = torch::zeros({total_}, device);
    adapter.gradients = torch::zeros({total_}, device);
  }

  torch::Tensor next(const Adapter& adapter, at::IntArrayRef shape) {
    const std::int64_t size = c10::multiply_integers(shape);
    auto view = adapter.parameters.narrow(0, used_, size).view(shape).detach();
    view.set_requires_grad(true);
    view.mutable_grad() = adapter.gradients.narrow(0, used_, size).view(shape);
    used_ += size;
    return view;
  }

 private:
  std::int64_t total_ = 0, used_ = 0;
};

/// A and B from the largest singular values, so that scale · B A is the weight's best approximation of that rank.
void start_principal(const ops::FrozenWeight& weight, ops::LowRankUpdate& update) {
  const torch::NoGradGuard no_gradient;
  const std::int64_t rank = update.a.size(0);
  const auto [u, s, vt] = torch::linalg_svd(weight.dense(torch::kFloat32).cpu(), /*full_matrices=*/false);
  const auto root = (s.slice(0, 0, rank) / update.scale).sqrt();
  update.a.detach().copy_(root.unsqueeze(1) * vt.slice(0, 0, rank));
  update.b.detach().copy_(u.slice(1, 0, rank) * root.unsqueeze(0));
  update.start_a = update.a.detach().clone();
  update.start_b = update.b.detach().clone();
}

/// The processor draws and decomposes, so that an adapter starts the same on every device.
void start(const LoraConfig& config, const ops::FrozenWeight& weight, const at::Generator& generator,
           ops::LowRankUpdate& update) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(update.a.size(1)));
  switch (config.init) {
    case Init::kKaiming:
      update.a.detach().copy_(torch::empty(update.a.sizes()).uniform_(-bound, bound, generator));
      break;
    case Init::kGaussian:
      update.a.detach().copy_(
          torch::empty(update.a.sizes()).normal_(0, 1.0 / static_cast<double>(update.a.size(0)), generator));
      break;
    case Init::kPissa:
      start_principal(weight, update);
      break;
  }
}

}  // namespace

std::int64_t rank_of(const LoraConfig& config, const std::string& module) {
  return value_for(config.rank_pattern, module, config.rank);
}

double scale_of(const LoraConfig& config, const std::string& module) {
  const double alpha = value_for(config.alpha_pattern, module, config.alpha);
  const auto rank = static_cast<double>(rank_of(config, module));
  return alpha / (config.use_rslora ? std::sqrt(rank) : rank);
}

Adapter inject(model::Transformer& model, const LoraConfig& config) {
  check(config, model);
  const auto linears = targeted(model.linears(), config);
  auto biased = config.bias == Bias::kAll ? model.linears() : linears;  // the layers whose own bias trains
  std::erase_if(biased, [&](const auto* linear) { return config.bias == Bias::kNone || !linear->bias.defined(); });
  Adapter adapter{.config = config, .base = model.fingerprint()};
  Parameters parameters;
  for (const model::Linear* linear : linears) {
    const std::int64_t out = linear->weight.out_features(), in = linear->weight.in_features();
    const std::int64_t rank = rank_of(config, linear->name);
    if (rank <= 0 || rank > std::min(in, out)) {
      throw Error(fmt::format("LoraConfig.rank: expected 0 < rank <= min(in, out) = {} of {}, got {}.",
                              std::min(in, out), linear->name, rank));
    }
    parameters.reserve(rank, in + out);
    if (config.use_dora) parameters.reserve(out, 1);
    if (config.lora_bias) parameters.reserve(out, 1);
  }
  for (const model::Linear* linear : biased) parameters.reserve(linear->bias.size(0), 1);
  for (std::size_t i = 0; i < config.modules_to_save.size(); ++i)
    parameters.reserve(model.config().vocab_size, model.config().hidden_size);
  parameters.allocate(adapter, model.device());

  const auto generator = at::make_generator<at::CPUGeneratorImpl>(config.seed);
  for (const model::Linear* linear : linears) {
    const std::int64_t out = linear->weight.out_features(), in = linear->weight.in_features();
    const std::int64_t rank = rank_of(config, linear->name);
    ops::LowRankUpdate update{.a = parameters.next(adapter, {rank, in}),
                              .b = parameters.next(adapter, {out, rank}),
                              .scale = scale_of(config, linear->name),
                              .dropout = config.dropout};
    start(config, linear->weight, generator, update);
    if (config.use_dora) {
      const auto weight = linear->weight.dense(torch::kFloat32);
      update.squared_norms = weight.square().sum(1);
      update.magnitude = parameters.next(adapter, {out});
      update.magnitude.detach().copy_(update.squared_norms.sqrt());
    }
    if (config.lora_bias) update.b_bias = parameters.next(adapter, {out});
    adapter.modules.push_back(linear->name);
    adapter.updates.push_back(std::move(update));
  }
  for (const model::Linear* linear : biased) {
    auto bias = parameters.next(adapter, linear->bias.sizes());
    bias.detach().copy_(linear->bias);
    adapter.biases.emplace_back(linear->name, bias);
  }
  for (const std::string& name : config.modules_to_save) {
    auto whole = parameters.next(adapter, {model.config().vocab_size, model.config().hidden_size});
    whole.detach().copy_(model.frozen_module(name));
    adapter.saved_modules.emplace_back(name, whole);
  }
  attach(model, adapter);
  return adapter;
}

void attach(model::Transformer& model, const Adapter& adapter) {
  const auto linears = model.linears();
  const auto place_of = [&](const std::string& name, const auto& fits) {
    const auto found =
        std::find_if(linears.begin(), linears.end(), [&](const auto* linear) { return linear->name == name; });
    if (found == linears.end() || !fits(**found))
      throw Error(
          fmt::format("The adapter's module {} does not fit the model. It belongs to another base model.", name));
    return *found;
  };
  std::vector<model::Linear*> places, biased;
  for (std::size_t i = 0; i < adapter.modules.size(); ++i) {
    const ops::LowRankUpdate& update = adapter.updates[i];
    places.push_back(place_of(adapter.modules[i], [&](const model::Linear& linear) {
      return update.a.size(1) == linear.weight.in_features() && update.b.size(0) == linear.weight.out_features();
    }));
  }
  for (const auto& [name, bias] : adapter.biases) {
    biased.push_back(place_of(name, [&](const model::Linear& linear) {
      return linear.bias.defined() && linear.bias.sizes() == bias.sizes();
    }));
  }
  for (const auto& [name, whole] : adapter.saved_modules) {
    if (whole.sizes() != model.frozen_module(name).sizes())
      throw Error(fmt::format("The adapter's {} does not fit the model. It belongs to another base model.", name));
  }
  if (adapter.parameters.defined() && adapter.parameters.device() != model.device()) {
    throw Error(fmt::format("The adapter is on {}, the model on {}. Load or inject the adapter into this model.",
                            adapter.parameters.device().str(), model.device().str()));
  }
  remove(model);
  for (std::size_t i = 0; i < places.size(); ++i) places[i]->update = adapter.updates[i];
  for (std::size_t i = 0; i < biased.size(); ++i) biased[i]->trained_bias = adapter.biases[i].second;
  for (const auto& [name, whole] : adapter.saved_modules) model.replace_module(name, whole);
}

Adapter attached(const model::Transformer& model) {
  Adapter adapter;
  for (const model::Linear* linear : model.linears()) {
    if (linear->trained_bias.defined()) adapter.biases.emplace_back(linear->name, linear->trained_bias);
    if (!linear->update) continue;
    adapter.modules.push_back(linear->name);
    adapter.updates.push_back(*linear->update);
  }
  for (const char* name : {"lm_head", "embed_tokens"})
    if (const auto& whole = model.trained_module(name); whole.defined())
      adapter.saved_modules.emplace_back(name, whole);
  return adapter;
}

void remove(model::Transformer& model) {
  for (model::Linear* linear : model.linears()) {
    linear->update.reset();
    linear->trained_bias.reset();
  }
  for (const char* name : {"lm_head", "embed_tokens"}) model.replace_module(name, {});
}

}  // namespace radonc::lora
