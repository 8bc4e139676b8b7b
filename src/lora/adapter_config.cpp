#include "lora/adapter_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"

namespace radonc::lora {
namespace {

using nlohmann::ordered_json;  // of several patterns that match, the first in the file counts

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
  for (const char* field : {"fan_in_fan_out", "lora_bias", "use_qalora", "use_bdlora"})
    if (config.contains(field) && config[field] == true) refuse(field);
  for (const char* field : {"layers_pattern", "exclude_modules", "target_parameters", "trainable_token_indices",
                            "layer_replication", "arrow_config", "alora_invocation_tokens"})
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
  if (bias != "none" && bias != "lora_only")
    throw Error(fmt::format("{}: bias: expected none or lora_only, got \"{}\".", where, bias));
  config.bias = bias == "none" ? Bias::kNone : Bias::kLoraOnly;
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
                                {"bias", config.bias == Bias::kLoraOnly ? "lora_only" : "none"},
                                {"fan_in_fan_out", false},
                                {"inference_mode", true},
                                {"init_lora_weights", true},
                                {"layers_pattern", nullptr},
                                {"layers_to_transform", or_null(config.layers_to_transform)},
                                {"lora_alpha", config.alpha},
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
