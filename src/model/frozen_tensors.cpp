// What a model consists of, and how much of it there is.
#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#include "model/weight_digests.hpp"
#include "radonc/core/sha256.hpp"
#include "radonc/model/transformer.hpp"

namespace radonc::model {

std::vector<const Linear*> Transformer::linears() const {
  std::vector<const Linear*> all;
  for (const Layer& layer : layers_) {
    for (const Linear* linear : {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down})
      all.push_back(linear);
  }
  return all;
}

std::vector<Linear*> Transformer::linears() {
  std::vector<Linear*> all;
  for (const Linear* linear : std::as_const(*this).linears()) all.push_back(const_cast<Linear*>(linear));
  return all;
}

std::vector<FrozenTensor> Transformer::frozen_tensors() const {
  std::vector<FrozenTensor> all;
  const auto matrix = [&](const std::string& name, const ops::FrozenWeight& weight) {
    all.push_back({.name = name, .matrix = weight});
  };
  const auto vector = [&](const std::string& name, const torch::Tensor& values) {
    all.push_back({.name = name, .vector = values});
  };
  matrix("model.embed_tokens.weight", embedding_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const std::string prefix = fmt::format("model.layers.{}.", i);
    vector(prefix + "input_layernorm.weight", layer.input_norm);
    for (const Linear* linear : {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down}) {
      matrix(linear->name + ".weight", linear->weight);
      if (linear->bias.defined()) vector(linear->name + ".bias", linear->bias);
    }
    vector(prefix + "post_attention_layernorm.weight", layer.post_attention_norm);
  }
  vector("model.norm.weight", final_norm_);
  if (!config_.tie_word_embeddings) matrix("lm_head.weight", head_);
  return all;
}

std::string Transformer::fingerprint() const {
  std::vector<std::string> lines;
  for (const FrozenTensor& tensor : frozen_tensors()) {
    const auto shape = tensor.vector.defined()
                           ? std::to_string(tensor.vector.numel())
                           : fmt::format("{} {}", tensor.matrix.out_features(), tensor.matrix.in_features());
    lines.push_back(fmt::format("{} [{}] {}\n", tensor.name, shape, digests_->of(tensor)));
  }
  std::sort(lines.begin(), lines.end());
  core::Sha256 hash;
  for (const std::string& line : lines) hash.update(line);
  return hash.hex().substr(0, 16);
}

bool Transformer::has_adapter() const {
  bool any = trained_embedding_.defined() || trained_head_.defined();
  for (const Linear* linear : linears()) any |= linear->update.has_value() || linear->trained_bias.defined();
  return any;
}

std::int64_t Transformer::num_bytes() const {
  std::int64_t bytes = 0;
  for (const FrozenTensor& tensor : frozen_tensors())
    bytes += tensor.vector.defined() ? static_cast<std::int64_t>(tensor.vector.nbytes()) : tensor.matrix.num_bytes();
  return bytes;
}

std::int64_t Transformer::num_parameters() const {
  std::int64_t count = 0;
  for (const FrozenTensor& tensor : frozen_tensors())
    count += tensor.vector.defined() ? tensor.vector.numel() : tensor.matrix.numel();
  return count;
}

}  // namespace radonc::model
