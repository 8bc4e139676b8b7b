#include "lora/adapter_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"

namespace radonc::lora {
namespace {

using nlohmann::ordered_json;  // of several patterns that match, the first in the file counts

constexpr std::array<std::pair<Bias, std::string_view>, 3> kBiases = {
    {{Bias::kNone, "none"}, {Bias::kLoraOnly, "lora_only"}, {Bias::kAll, "all"}}};

/// "model.layers.3.mlp.up_proj" → "up_proj"
std::string last_name(const std::string& module) {
  return module.substr(module.rfind('.') + 1);
}

template <typename Value>
ordered_json patterns(const std::vector<std::pair<std::string, Value>>& all) {
  ordered_json out = ordered_json::object();
  for (const auto& [expression, value] : all) out[expression] = value;
  return out;
}

template <typename List>
ordered_json or_null(const List& list) {
  return list.empty() ? ordered_json() : ordered_json(list);
}

/// Settings of PEFT that would change the adapter's meaning and that radonc does not know: refused unless at rest.
void refuse_unknown(const ordered_json& config, const std::string& where) {
  const auto refuse = [&](const std::string& field, const std::string& advice = "radonc cannot load this adapter.") {
    throw Error(fmt::format("{}: {}: {} is not supported. {}", where, field, config.at(field).dump(), advice));
  };
  if (config.value("peft_type", "") != "LORA")
    throw Error(fmt::format("{}: peft_type: expected LORA, got \"{}\".", where, config.value("peft_type", "")));
  for (const char* field : {"fan_in_fan_out", "use_qalora", "use_bdlora"})
    if (config.contains(field) && config[field] == true) refuse(field);
  for (const char* field :
       {"layers_pattern", "exclude_modules", "target_parameters", "trainable_token_indices", "layer_replication",
        "arrow_config", "alora_invocation_tokens", "velora_config", "monteclora_config", "kasa_config"})
    if (config.contains(field) && !config[field].is_null() && !config[field].empty()) refuse(field);
  // PEFT changes the base's weights when it loads such an adapter.
  const ordered_json init = config.value("init_lora_weights", ordered_json(true));
  const std::string name = init.is_string() ? init.get<std::string>() : "";
  for (const char* changing : {"pissa", "olora", "corda", "loftq"}) {
    if (name.starts_with(changing))
      refuse("init_lora_weights", "Save it with PEFT's path_initial_model_for_weight_conversion first.");
  }
}

LoraConfig parse(const ordered_json& content, const std::string& where) {
  LoraConfig config;
  config.rank = content.at("r").get<std::int64_t>();
  config.alpha = content.at("lora_alpha").get<double>();
  config.dropout = content.value("lora_dropout", 0.0);
  config.use_rslora = content.value("use_rslora", false);
  config.use_dora = content.value("use_dora", false);
  config.lora_bias = content.value("lora_bias", false);
  const ordered_json& targets = content.at("target_modules");
  if (targets == "all-linear") {
    config.target_modules = {"all-linear"};
  } else if (targets.is_string()) {
    config.target_regex = targets.get<std::string>();
  } else {
    config.target_modules = targets.get<std::vector<std::string>>();
  }
  const auto list = [&](const char* field) {
    const ordered_json value = content.value(field, ordered_json());
    return value.is_null() ? ordered_json::array() : value;
  };
  const ordered_json layers = list("layers_to_transform");
  if (layers.is_number_integer()) {
    config.layers_to_transform = {layers.get<std::int64_t>()};
  } else {
    config.layers_to_transform = layers.get<std::vector<std::int64_t>>();
  }
  config.modules_to_save = list("modules_to_save").get<std::vector<std::string>>();
  const ordered_json ranks = list("rank_pattern"), alphas = list("alpha_pattern");
  for (const auto& [expression, rank] : ranks.items())
    config.rank_pattern.emplace_back(expression, rank.get<std::int64_t>());
  for (const auto& [expression, alpha] : alphas.items())
    config.alpha_pattern.emplace_back(expression, alpha.get<double>());
  const std::string bias = content.value("bias", "none");
  const auto known =
      std::find_if(kBiases.begin(), kBiases.end(), [&](const auto& entry) { return entry.second == bias; });
  if (known == kBiases.end())
    throw Error(fmt::format("{}: bias: expected none, lora_only or all, got \"{}\".", where, bias));
  config.bias = known->first;
  return config;
}

}  // namespace

std::string to_peft_json(const Adapter& adapter, const std::string& base_model) {
  const LoraConfig& config = adapter.config;
  // PEFT fills "all-linear" in with names; layers_to_transform goes with endings, a regular expression with itself.
  std::set<std::string> targets;
  for (const std::string& module : adapter.modules) targets.insert(last_name(module));
  ordered_json target_modules = targets;
  if (!config.target_regex.empty()) {
    target_modules = config.target_regex;
  } else if (std::find(config.target_modules.begin(), config.target_modules.end(), "all-linear") ==
             config.target_modules.end()) {
    target_modules = config.target_modules;
  }
  const ordered_json content = {{"alpha_pattern", patterns(config.alpha_pattern)},
                                {"auto_mapping", nullptr},
                                {"base_model_name_or_path", base_model},
                                {"bias", kBiases[static_cast<std::size_t>(config.bias)].second},
                                {"fan_in_fan_out", false},
                                {"inference_mode", true},
                                {"init_lora_weights", true},
                                {"layers_pattern", nullptr},
                                {"layers_to_transform", or_null(config.layers_to_transform)},
                                {"lora_alpha", config.alpha},
                                {"lora_bias", config.lora_bias},
                                {"lora_dropout", config.dropout},
                                {"modules_to_save", or_null(config.modules_to_save)},
                                {"peft_type", "LORA"},
                                {"r", config.rank},
                                {"rank_pattern", patterns(config.rank_pattern)},
                                {"revision", nullptr},
                                {"target_modules", target_modules},
                                {"task_type", "CAUSAL_LM"},
                                {"use_dora", config.use_dora},
                                {"use_rslora", config.use_rslora}};
  return content.dump(2) + "\n";
}

LoraConfig read_peft_config(const std::filesystem::path& path) {
  const std::string where = path.string();
  const auto content = ordered_json::parse(core::read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!content.is_object()) throw Error(fmt::format("{}: expected a JSON object. The file is damaged.", where));
  try {
    refuse_unknown(content, where);
    return parse(content, where);
  } catch (const ordered_json::exception&) {
    throw Error(fmt::format(
        "{}: expected the fields r, lora_alpha and target_modules, as PEFT writes them. The file is incomplete.",
        where));
  }
}

}  // namespace radonc::lora
