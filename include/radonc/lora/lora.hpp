// Low-rank adaptation of a frozen model (Hu et al. 2021).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "radonc/model/transformer.hpp"

namespace radonc::lora {

struct LoraConfig {
  std::int64_t rank = 8;
  double alpha = 16;
  double dropout = 0;  ///< probability that an input of the update is zeroed in training
  /// Names or name endings of the layers to adapt ("q_proj", "self_attn.q_proj"), or "all-linear" for every linear
  /// layer of the blocks.
  std::vector<std::string> target_modules = {"all-linear"};
  std::uint64_t seed = 0;  ///< of A's start: uniform in ±1/√in (Kaiming with a = √5, as in PEFT); B starts at 0
};

/// The trainable state of an injected model. Copies share it.
struct Adapter {
  LoraConfig config;
  std::vector<std::string> modules;         ///< adapted layers, by name, in the model's order
  torch::Tensor parameters;                 ///< [n] float32: A and B of every module are views into it
  torch::Tensor gradients;                  ///< [n] float32: their gradients are views into it
  std::vector<ops::LowRankUpdate> updates;  ///< one a module

  [[nodiscard]] std::int64_t num_parameters() const { return parameters.numel(); }
};

/// Puts a fresh update into every targeted layer of `model`, replacing the one there.
/// Throws radonc::Error if a target matches no layer, or unless 0 < rank <= min(in, out), 0 <= dropout < 1.
Adapter inject(model::Transformer& model, const LoraConfig& config);

/// Puts `adapter`'s updates into `model`, e.g. after remove(). Throws radonc::Error if a module is missing or
/// misshapen.
void attach(model::Transformer& model, const Adapter& adapter);

/// Takes all updates out of `model`: it is the original model again.
void remove(model::Transformer& model);

}  // namespace radonc::lora
