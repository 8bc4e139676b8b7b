#include "model/weight_digests.hpp"

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "radonc/core/sha256.hpp"

namespace radonc::model {
namespace {

constexpr std::int64_t kPart = 1 << 18;  // values: half a megabyte, which stays in the second cache level

/// The tensor by which `frozen` is known.
const torch::Tensor& held_by(const FrozenTensor& frozen) {
  return frozen.vector.defined() ? frozen.vector : frozen.matrix.storage();
}

std::int64_t version_of(const torch::Tensor& tensor) {
  return tensor.is_inference() ? 0 : static_cast<std::int64_t>(tensor._version());
}

}  // namespace

std::string digest_of(const torch::Tensor& values) {
  const torch::NoGradGuard no_gradient;
  const auto here = (values.is_cpu() ? values : values.to(torch::kBFloat16).cpu()).contiguous().flatten();
  const std::int64_t parts = (here.numel() + kPart - 1) / kPart;
  std::vector<std::array<std::uint8_t, 32>> digests(static_cast<std::size_t>(parts));
  at::parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    const torch::NoGradGuard no_gradient_in_thread;
    for (std::int64_t i = begin; i < end; ++i) {
      const auto part = here.slice(0, i * kPart, std::min((i + 1) * kPart, here.numel())).to(torch::kBFloat16);
      const std::span bytes(static_cast<const std::byte*>(part.const_data_ptr()), part.nbytes());
      digests[static_cast<std::size_t>(i)] = core::Sha256().update(bytes).digest();
    }
  });
  return core::Sha256().update(std::as_bytes(std::span(digests))).hex();
}

std::string WeightDigests::of(const FrozenTensor& tensor) {
  const torch::Tensor& held = held_by(tensor);
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(held.unsafeGetTensorImpl());
  if (found != known_.end() && !found->second.held.expired() && found->second.version == version_of(held))
    return found->second.digest;
  std::erase_if(known_, [](const auto& entry) { return entry.second.held.expired(); });
  const bool is_quantized = !tensor.vector.defined() && (tensor.matrix.nf4() || tensor.matrix.int8());
  auto digest = digest_of(is_quantized ? tensor.matrix.dense(torch::kBFloat16) : held);
  known_.insert_or_assign(held.unsafeGetTensorImpl(),
                          Known{.held = Weak(held.getIntrusivePtr()), .version = version_of(held), .digest = digest});
  return digest;
}

void WeightDigests::keep(const FrozenTensor& tensor, const std::string& digest) {
  const torch::Tensor& held = held_by(tensor);
  const std::lock_guard lock(mutex_);
  known_.insert_or_assign(held.unsafeGetTensorImpl(),
                          Known{.held = Weak(held.getIntrusivePtr()), .version = version_of(held), .digest = digest});
}

}  // namespace radonc::model
