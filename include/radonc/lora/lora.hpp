// Low-rank adaptation of a frozen model (Hu et al. 2021), with the variants that PEFT knows.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/model/transformer.hpp"

namespace radonc::lora {

/// Which biases train, where the model has any.
enum class Bias {
  kNone,
  kLoraOnly,  ///< those of the adapted layers
  kAll,       ///< those of every layer
};

/// How A and B start. B at zero means that the adapted model starts as the original one.
enum class Init {
  kKaiming,   ///< A uniform in ±1/√in (Kaiming with a = √5, PEFT's default), B at zero
  kGaussian,  ///< A normal with deviation 1/rank, B at zero
  kPissa,     ///< A and B the principal components of the weight (Meng et al. 2024); their start is subtracted, so that
              ///< the frozen weight stays as it is and the adapter is saved as plain LoRA of twice the rank
};

/// Field names follow PEFT's LoraConfig.
struct RADONC_API LoraConfig {
  std::int64_t rank = 8;
  double alpha = 16;
  double dropout = 0;  ///< probability that an input of the update is zeroed in training
  /// Names or name endings of the layers to adapt ("q_proj", "self_attn.q_proj"), or "all-linear" for every linear
  /// layer of the blocks.
  std::vector<std::string> target_modules = {"all-linear"};
  std::string target_regex;                       ///< instead, unless empty: matches the whole name of a layer
  std::vector<std::int64_t> layers_to_transform;  ///< indices of the blocks to adapt; empty: all
  /// Rank and alpha of the layers whose name, or its end behind a dot, matches an expression; the first match counts.
  std::vector<std::pair<std::string, std::int64_t>> rank_pattern;
  std::vector<std::pair<std::string, double>> alpha_pattern;
  bool use_rslora = false;  ///< scale alpha / √rank instead of alpha / rank (Kalajdzievski 2023)
  bool use_dora = false;    ///< train each row's length apart from its direction (Liu et al. 2024)
  bool lora_bias = false;   ///< train a bias behind B as well; not with DoRA
  Bias bias = Bias::kNone;
  /// "lm_head", "embed_tokens": trained whole, in float32, beside the adapter. Not for models that tie the two.
  std::vector<std::string> modules_to_save;
  Init init = Init::kKaiming;
  std::uint64_t seed = 0;  ///< of A's start
};

/// The trainable state of an injected model. Copies share it.
struct RADONC_API Adapter {
  LoraConfig config;
  std::vector<std::string> modules;         ///< adapted layers, by name, in the model's order
  torch::Tensor parameters;                 ///< [n] float32: everything that trains is a view into it
  torch::Tensor gradients;                  ///< [n] float32: the gradients are views into it
  std::vector<ops::LowRankUpdate> updates;  ///< one a module
  std::string base;                         ///< fingerprint of the model it was made for
  /// The biases trained in place of the model's own: their layers' names and values.
  std::vector<std::pair<std::string, torch::Tensor>> biases;
  /// The modules trained whole: their names ("lm_head") and weights.
  std::vector<std::pair<std::string, torch::Tensor>> saved_modules;

  [[nodiscard]] std::int64_t num_parameters() const { return parameters.numel(); }
};

/// Rank and scale of one layer under `config`, its patterns applied.
RADONC_API std::int64_t rank_of(const LoraConfig& config, const std::string& module);
RADONC_API double scale_of(const LoraConfig& config, const std::string& module);

/// Puts a fresh update into every targeted layer of `model`, replacing the adapter there.
/// Throws radonc::Error if a target matches no layer, or unless 0 < rank <= min(in, out), 0 <= dropout < 1.
RADONC_API Adapter inject(model::Transformer& model, const LoraConfig& config);

/// Puts `adapter` into `model` in place of the one there: several adapters take turns on one base this way.
/// Throws radonc::Error if a module is missing or misshapen.
RADONC_API void attach(model::Transformer& model, const Adapter& adapter);

/// The adapter that is in `model` now, its updates shared; without modules if there is none. Its `config` and flat
/// buffers are empty: it serves to put the adapter back.
RADONC_API Adapter attached(const model::Transformer& model);

/// Takes the adapter out of `model`: it is the original model again.
RADONC_API void remove(model::Transformer& model);

}  // namespace radonc::lora
