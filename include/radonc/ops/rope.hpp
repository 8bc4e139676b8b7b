// Rotary position embedding (Su et al. 2021), in the half-split layout of Hugging Face's LLaMA.
#pragma once

#include <torch/types.h>

#include <utility>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// How a model reaches beyond the positions it was first trained for. Field names follow Hugging Face's config.json.
struct RADONC_API RopeScaling {
  enum class Type {
    kNone,
    kLinear,   ///< every frequency divided by `factor` (Chen et al. 2023)
    kDynamic,  ///< the base grows with the sequence once it is longer than the trained positions ("NTK-aware")
    kLlama3,   ///< low frequencies divided by `factor`, high ones kept, a ramp between them (Llama 3.1)
    kYarn,     ///< likewise, by the number of rotations, and cos and sin scaled (Peng et al. 2023)
    kFactors,  ///< each pair's frequency divided by its own of `factors` (GGUF files of Llama 3.1)
  };
  Type type = Type::kNone;
  double factor = 1;
  double original_max_position_embeddings = 0;  ///< positions of the first training; all types but linear need it
  double low_freq_factor = 1;                   ///< llama3
  double high_freq_factor = 4;                  ///< llama3
  double beta_fast = 32;                        ///< yarn
  double beta_slow = 1;                         ///< yarn
  double attention_factor = 1;                  ///< yarn: factor of cos and sin
  bool truncate = true;                         ///< yarn: whole dimensions as the ramp's ends
  std::vector<float> factors;                   ///< factors: [d/2]

  bool operator==(const RopeScaling&) const = default;
};

/// Angle per position of each of the d/2 pairs: theta^(-2i/d), scaled. [d/2] float32.
/// `length` is the number of positions in use; only the dynamic type depends on it.
RADONC_API torch::Tensor rope_frequencies(std::int64_t head_dim, double theta, const RopeScaling& scaling = {},
                                          std::int64_t length = 0);

/// cos and sin of position · frequency, times `factor` (yarn's attention_factor): each [T, d/2] float32.
///   positions [T] int64   frequencies [d/2] float32, on one device
RADONC_API std::pair<torch::Tensor, torch::Tensor> rope_angles(const torch::Tensor& positions,
                                                               const torch::Tensor& frequencies, double factor = 1);

/// y[i] = x[i] cos[i] - x[i + d/2] sin[i];  y[i + d/2] = x[i + d/2] cos[i] + x[i] sin[i], for i in [0, d/2)
///   x [T, heads, d] float32 or bfloat16   cos, sin [T, d/2] float32
/// Registered as `radonc::rope`. Throws c10::Error on mismatched shapes or types.
RADONC_API torch::Tensor rope(const torch::Tensor& x, const torch::Tensor& cos, const torch::Tensor& sin);

}  // namespace radonc::ops
