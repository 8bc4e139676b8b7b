// Steps of decoding, recorded where the device can. Private.
#pragma once

#include <torch/types.h>

#include <map>
#include <vector>

#include "radonc/model/transformer.hpp"
#include "radonc/ops/recording.hpp"

namespace radonc::generate {

/// Sequences in slots of a cache, one token a step. A device with a recorder records one step for
/// each of a few numbers of sequences, and what lies between is filled up to the next of them.
class DecodeSteps {
 public:
  /// One sequence's newest token, and the tokens that its slot of the cache holds already.
  struct Row {
    std::int64_t id, slot, length;
  };

  DecodeSteps(const model::Transformer& model, model::KvCache& cache);

  /// Logits [B, vocabulary] float32 of what comes next, on the model's device, until the next call.
  [[nodiscard]] torch::Tensor operator()(const std::vector<Row>& rows);

 private:
  struct Step {
    torch::Tensor inputs;  // [3, size]
    torch::Tensor logits;
    ops::Replay replay;
  };
  [[nodiscard]] torch::Tensor run(const torch::Tensor& inputs);

  const model::Transformer& model_;
  model::KvCache& cache_;
  ops::Recorder recorder_;
  std::map<std::int64_t, Step> steps_;  // by size
};

}  // namespace radonc::generate
