#include "radonc/train/trainer.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/types.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <numeric>
#include <sstream>

#include "model/device.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/core/random.hpp"
#include "radonc/ops/adamw.hpp"
#include "radonc/ops/kept_memory.hpp"

namespace radonc::train {
namespace {

void check(const TrainConfig& c) {
  const auto require = [](bool holds, const char* field, const char* expected, double got) {
    if (!holds) throw Error(fmt::format("TrainConfig.{}: expected {}, got {}.", field, expected, got));
  };
  require(c.num_epochs > 0, "num_epochs", "at least 1", static_cast<double>(c.num_epochs));
  require(c.max_steps >= 0, "max_steps", "0 or more", static_cast<double>(c.max_steps));
  require(c.cases_per_step > 0, "cases_per_step", "at least 1", static_cast<double>(c.cases_per_step));
  require(c.max_tokens_per_batch >= 0, "max_tokens_per_batch", "0 or more",
          static_cast<double>(c.max_tokens_per_batch));
  require(c.learning_rate > 0 && std::isfinite(c.learning_rate), "learning_rate", "a positive number", c.learning_rate);
  require(c.warmup_ratio >= 0 && c.warmup_ratio <= 1, "warmup_ratio", "a share in [0, 1]", c.warmup_ratio);
  require(c.weight_decay >= 0, "weight_decay", "0 or more", c.weight_decay);
  require(c.max_grad_norm >= 0, "max_grad_norm", "0 or more", c.max_grad_norm);
}

/// Each pair as a group of its own.
std::vector<std::vector<text::TokenizedPair>> one_by_one(const std::vector<std::vector<text::TokenizedPair>>& groups) {
  std::vector<std::vector<text::TokenizedPair>> apart;
  for (const auto& group : groups)
    for (const text::TokenizedPair& pair : group) apart.push_back({pair});
  return apart;
}

}  // namespace

std::int64_t tokens_per_batch(const model::TransformerConfig& c) {
  constexpr std::int64_t kBytes = std::int64_t{2} << 30, kFewest = 512, kMost = 2048;
  const std::int64_t kept = 4 * c.hidden_size + 2 * c.num_key_value_heads * c.head_dim + 3 * c.intermediate_size;
  const std::int64_t bytes_of_token = c.num_hidden_layers * kept * 2;
  std::int64_t tokens = kFewest;
  while (tokens < kMost && 2 * tokens * bytes_of_token <= kBytes) tokens *= 2;
  return tokens;
}

double learning_rate_at(std::int64_t step, std::int64_t num_steps, const TrainConfig& config) {
  const double warmup = std::ceil(config.warmup_ratio * static_cast<double>(num_steps));
  const auto now = static_cast<double>(step);
  if (now <= warmup) return config.learning_rate * now / warmup;
  const double progress = (now - warmup) / std::max(1.0, static_cast<double>(num_steps) - warmup);
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * progress));
  return config.learning_rate * (config.final_rate_ratio + (1 - config.final_rate_ratio) * cosine);
}

std::string to_json(const TrainStep& s) {
  nlohmann::ordered_json line = {{"step", s.step},
                                 {"num_steps", s.num_steps},
                                 {"epoch", s.epoch},
                                 {"loss", s.loss},
                                 {"learning_rate", s.learning_rate},
                                 {"grad_norm", s.grad_norm},
                                 {"num_supervised", s.num_supervised},
                                 {"num_computed", s.num_computed},
                                 {"num_represented", s.num_represented},
                                 {"seconds", s.seconds},
                                 {"tokens_per_second", s.tokens_per_second}};
  return line.dump();
}

TrainLog read_log(const std::filesystem::path& path) {
  TrainLog log;
  std::istringstream lines(core::read_file(path));
  for (std::string line; std::getline(lines, line);) try {
      const auto json = nlohmann::json::parse(line);
      log.steps.push_back({.step = json.at("step"),
                           .num_steps = json.at("num_steps"),
                           .epoch = json.at("epoch"),
                           .loss = json.at("loss"),
                           .learning_rate = json.at("learning_rate"),
                           .grad_norm = json.at("grad_norm"),
                           .num_supervised = json.at("num_supervised"),
                           .num_computed = json.at("num_computed"),
                           .num_represented = json.at("num_represented"),
                           .seconds = json.at("seconds"),
                           .tokens_per_second = json.at("tokens_per_second")});
    } catch (const nlohmann::json::exception&) {
      throw Error(fmt::format("{}:{}: expected a training step as the trainer writes it. The file is damaged.",
                              path.string(), log.steps.size() + 1));
    }
  if (log.steps.empty()) throw Error(fmt::format("{}: holds no training step. The file is damaged.", path.string()));
  log.seconds = log.steps.back().seconds;
  return log;
}

TrainLog fit(const model::Transformer& model, lora::Adapter& adapter,
             const std::vector<std::vector<text::TokenizedPair>>& cases, const TrainConfig& config,
             const StepCallback& callback) {
  check(config);
  if (cases.empty()) throw Error("There is no case to train on. Check the cohort's flow and the split.");

  const auto num_cases = static_cast<std::int64_t>(cases.size());
  const std::int64_t steps_per_epoch = (num_cases + config.cases_per_step - 1) / config.cases_per_step;
  std::int64_t num_steps = steps_per_epoch * config.num_epochs;
  if (config.max_steps > 0) num_steps = std::min(num_steps, config.max_steps);

  const ops::KeptMemory kept_memory;
  core::Random order_source(config.seed);
  std::optional<at::Generator> dropout;
  if (adapter.config.dropout > 0) dropout = at::make_generator<at::CPUGeneratorImpl>(config.seed + 1);
  const auto first_moment = torch::zeros_like(adapter.parameters),
             second_moment = torch::zeros_like(adapter.parameters);
  TrainLog log;
  std::vector<std::size_t> order(cases.size());
  std::int64_t represented = 0;
  const auto start = std::chrono::steady_clock::now();

  for (std::int64_t step = 1; step <= num_steps; ++step) {
    const std::int64_t place = (step - 1) % steps_per_epoch * config.cases_per_step;
    if (place == 0) {
      std::iota(order.begin(), order.end(), std::size_t{0});
      if (config.shuffle) order_source.shuffle(order);
    }
    std::vector<std::vector<text::TokenizedPair>> chosen;
    for (std::int64_t i = place; i < std::min(place + config.cases_per_step, num_cases); ++i)
      chosen.push_back(cases[order[static_cast<std::size_t>(i)]]);

    // Under dynamic scaling a token's angles depend on how long its sequence is: no two share any.
    const bool apart = model.config().rope_scaling.type == ops::RopeScaling::Type::kDynamic;
    if (apart) chosen = one_by_one(chosen);

    const std::int64_t max_tokens = apart                              ? 1
                                    : config.max_tokens_per_batch == 0 ? tokens_per_batch(model.config())
                                                                       : config.max_tokens_per_batch;
    std::vector<batch::Batch> batches;
    TrainStep record{.step = step, .num_steps = num_steps};
    for (const auto& planned : batch::plan_batches(chosen, max_tokens)) {
      batches.push_back(batch::pack(planned));
      record.num_supervised += batches.back().num_supervised;
      record.num_computed += batches.back().ids.numel();
      record.num_represented += batches.back().num_represented;
    }
    if (record.num_supervised == 0) throw Error("A training step has no supervised token: every answer is empty.");

    adapter.gradients.zero_();
    for (const batch::Batch& batch : batches) {
      try {
        const auto loss = model.loss(batch, dropout) / static_cast<double>(record.num_supervised);
        loss.backward();
        record.loss += loss.item<double>();
      } catch (const c10::OutOfMemoryError& error) {
        throw Error(
            fmt::format("Training step {}: no memory for a batch of {} tokens. Lower TrainConfig.max_tokens_per_batch "
                        "({}), or load the model with quantization nf4. {}",
                        step, batch.ids.numel(), max_tokens, model::in_short(error)));
      }
    }
    record.grad_norm = adapter.gradients.norm().item<double>();
    if (!std::isfinite(record.loss) || !std::isfinite(record.grad_norm)) {
      throw Error(
          fmt::format("Training step {}: the loss or its gradient is not finite (loss {}). Lower the learning "
                      "rate ({}), or train in float32.",
                      step, record.loss, config.learning_rate));
    }
    if (config.max_grad_norm > 0 && record.grad_norm > config.max_grad_norm)
      adapter.gradients.mul_(config.max_grad_norm / record.grad_norm);
    record.learning_rate = learning_rate_at(step, num_steps, config);
    ops::adamw_(adapter.parameters, adapter.gradients, first_moment, second_moment, step,
                {.learning_rate = record.learning_rate,
                 .beta1 = config.beta1,
                 .beta2 = config.beta2,
                 .epsilon = config.epsilon,
                 .weight_decay = config.weight_decay});

    represented += record.num_represented;
    record.epoch = static_cast<double>(step) / static_cast<double>(steps_per_epoch);
    record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    record.tokens_per_second = static_cast<double>(represented) / record.seconds;
    record.seconds_left = record.seconds / static_cast<double>(step) * static_cast<double>(num_steps - step);
    log.steps.push_back(record);
    if (callback) callback(record);
  }
  log.seconds = log.steps.back().seconds;
  return log;
}

}  // namespace radonc::train
