// What a model's weights are, in a few digits. Private.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "radonc/model/transformer.hpp"

namespace radonc::model {

/// Of values in bfloat16, so that it is the same whatever type they are held in: the SHA-256, in hexadecimal digits, of
/// the SHA-256s of their bytes, 2¹⁸ values at a time in the order of their rows.
std::string digest_of(const torch::Tensor& values);

/// Digests of frozen tensors, each computed once: a tensor that takes another's place has its own.
class WeightDigests {
 public:
  /// Of what the tensor holds now; of a quantised one, of what its codes stand for.
  std::string of(const FrozenTensor& tensor);

  /// Has `tensor` go by the digest of what it was made of: of a weight before it was quantised, say.
  void keep(const FrozenTensor& tensor, const std::string& digest);

 private:
  using Weak = c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
  struct Known {
    Weak held;             // so that its address is no other tensor's
    std::int64_t version;  // of its values, which counts changes in place
    std::string digest;
  };

  std::mutex mutex_;
  std::map<const c10::TensorImpl*, Known> known_;
};

}  // namespace radonc::model
