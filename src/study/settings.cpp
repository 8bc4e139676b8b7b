#include "study/settings.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <torch/version.h>

#include "radonc/core/version.hpp"

namespace radonc::study {
namespace {

/// Collects settings; what is a list or a pattern stands in one value.
class Settings {
 public:
  template <typename Value>
  void add(const char* name, const Value& value) {
    values.emplace_back(name, fmt::format("{}", value));
  }

  std::vector<NamedValue> values;
};

/// "q_proj: 4, k_proj: 8"
template <typename Value>
std::string text_of(const std::vector<std::pair<std::string, Value>>& pattern) {
  std::string text;
  for (const auto& [expression, value] : pattern)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", expression, value);
  return text;
}

const char* name_of(lora::Bias bias) {
  return bias == lora::Bias::kNone ? "none" : bias == lora::Bias::kLoraOnly ? "of the adapted layers" : "all";
}

const char* name_of(lora::Init init) {
  return init == lora::Init::kKaiming ? "Kaiming" : init == lora::Init::kGaussian ? "Gaussian" : "PiSSA";
}

}  // namespace

std::vector<NamedValue> training_settings(const lora::LoraConfig& lora, const train::TrainConfig& train) {
  Settings s;
  s.add("LoRA rank", lora.rank);
  s.add("LoRA alpha", lora.alpha);
  s.add("LoRA dropout", lora.dropout);
  s.add("LoRA target modules",
        lora.target_regex.empty() ? fmt::format("{}", fmt::join(lora.target_modules, ", ")) : lora.target_regex);
  if (!lora.layers_to_transform.empty())
    s.add("LoRA layers", fmt::format("{}", fmt::join(lora.layers_to_transform, ", ")));
  if (!lora.rank_pattern.empty()) s.add("LoRA rank pattern", text_of(lora.rank_pattern));
  if (!lora.alpha_pattern.empty()) s.add("LoRA alpha pattern", text_of(lora.alpha_pattern));
  if (lora.use_rslora) s.add("rank-stabilised scale (rsLoRA)", true);
  if (lora.use_dora) s.add("weight-decomposed (DoRA)", true);
  if (lora.lora_bias) s.add("bias behind B", true);
  if (lora.bias != lora::Bias::kNone) s.add("trained biases", name_of(lora.bias));
  if (!lora.modules_to_save.empty())
    s.add("modules trained whole", fmt::format("{}", fmt::join(lora.modules_to_save, ", ")));
  if (lora.init != lora::Init::kKaiming) s.add("start of the adapter", name_of(lora.init));
  s.add("seed of the adapter", lora.seed);
  s.add("epochs", train.num_epochs);
  if (train.max_steps > 0) s.add("steps at most", train.max_steps);
  s.add("cases per step", train.cases_per_step);
  if (train.max_tokens_per_batch > 0) s.add("tokens computed at once", train.max_tokens_per_batch);
  if (!train.shuffle) s.add("cases in the given order", true);
  s.add("learning rate (peak)", train.learning_rate);
  s.add("warm-up", train.warmup_ratio);
  s.add("final learning rate, of the peak", train.final_rate_ratio);
  s.add("weight decay", train.weight_decay);
  s.add("AdamW beta 1, beta 2, epsilon", fmt::format("{}, {}, {}", train.beta1, train.beta2, train.epsilon));
  s.add("gradient clipping", train.max_grad_norm);
  s.add("seed of the training", train.seed);
  return s.values;
}

std::vector<NamedValue> decoding_settings(const generate::GenerateConfig& config) {
  Settings s;
  s.add("decoding", "greedy (temperature 0)");
  s.add("maximum new tokens", config.max_new_tokens);
  s.add("answers at once", config.batch_size);
  return s.values;
}

std::vector<NamedValue> study_settings(const StudyConfig& config) {
  Settings s;
  s.add("seed of the split", config.seed);
  if (config.num_test_cases) s.add("held-out cases asked for", *config.num_test_cases);
  if (config.max_train_cases > 0) s.add("training cases at most", config.max_train_cases);
  return s.values;
}

std::vector<NamedValue> environment(const StudyConfig& config) {
  return {{"radonc", std::string(core::version())},
          {"torch", TORCH_VERSION},
          {"device", config.device},
          {"threads", fmt::format("{}", at::get_num_threads())}};
}

double peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

}  // namespace radonc::study
