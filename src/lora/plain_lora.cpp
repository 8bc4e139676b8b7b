#include "lora/plain_lora.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace radonc::lora {

Adapter as_plain_lora(Adapter adapter) {
  if (adapter.config.init != Init::kPissa) return adapter;
  const torch::NoGradGuard no_gradient;
  for (ops::LowRankUpdate& update : adapter.updates) {
    update.a = torch::cat({update.a.detach(), update.start_a}, 0);
    update.b = torch::cat({update.b.detach(), -update.start_b}, 1);
  }
  const double growth = adapter.config.use_rslora ? std::sqrt(2.0) : 2.0;  // keeps alpha / rank, or alpha / √rank
  adapter.config.init = Init::kKaiming;
  adapter.config.rank *= 2;
  adapter.config.alpha *= growth;
  for (auto& [unused, rank] : adapter.config.rank_pattern) rank *= 2;
  for (auto& [unused, alpha] : adapter.config.alpha_pattern) alpha *= growth;
  return adapter;
}

}  // namespace radonc::lora
