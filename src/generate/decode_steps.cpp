#include "generate/decode_steps.hpp"

#include <algorithm>
#include <bit>

namespace radonc::generate {

DecodeSteps::DecodeSteps(const model::Transformer& model, model::KvCache& cache) : model_(model), cache_(cache) {
  // Dynamic scaling's angles follow the lengths, which the host has to know.
  if (model.config().rope_scaling.type != ops::RopeScaling::Type::kDynamic)
    recorder_ = ops::recorder_for(model.device().type());
}

torch::Tensor DecodeSteps::run(const torch::Tensor& inputs) {
  return model_.head(model_.decode(inputs[0], inputs[1], inputs[2], cache_));
}

torch::Tensor DecodeSteps::operator()(const std::vector<Row>& rows) {
  const auto count = static_cast<std::int64_t>(rows.size());
  const auto next_power = static_cast<std::int64_t>(std::bit_ceil(rows.size()));
  const std::int64_t size = recorder_ ? std::min(next_power, cache_.keys.front().size(0)) : count;
  const auto inputs = torch::empty({3, size}, torch::kInt64);
  auto numbers = inputs.accessor<std::int64_t, 2>();
  for (std::int64_t i = 0; i < size; ++i) {
    const Row& row = rows[static_cast<std::size_t>(std::min(i, count - 1))];  // fills up with the last one
    numbers[0][i] = row.id;
    numbers[1][i] = row.slot;
    numbers[2][i] = row.length;
  }
  if (!recorder_) return run(inputs.to(model_.device()));

  Step& step = steps_[size];
  if (step.replay) {
    step.inputs.copy_(inputs);
  } else {
    step.inputs = inputs.to(model_.device());
    step.replay = recorder_(model_.device(), [&] { step.logits = run(step.inputs); });
  }
  step.replay();
  return step.logits.narrow(0, 0, count);
}

}  // namespace radonc::generate
