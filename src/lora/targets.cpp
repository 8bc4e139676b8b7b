#include "lora/targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "radonc/core/error.hpp"

namespace radonc::lora {
namespace {

bool matches(const std::string& module, const std::string& target) {
  return target == "all-linear" || module == target || module.ends_with("." + target);
}

bool full_match(const std::string& expression, const std::string& module) {
  try {
    return std::regex_match(module, std::regex(expression));
  } catch (const std::regex_error&) {
    throw Error(
        fmt::format("\"{}\" is not a well-formed expression. Names of layers look like {}.", expression, module));
  }
}

bool layer_is_among(const std::string& module, const std::vector<std::int64_t>& layers) {
  if (layers.empty()) return true;
  const std::string prefix = "model.layers.";
  return std::find(layers.begin(), layers.end(), std::stoll(module.substr(prefix.size()))) != layers.end();
}

}  // namespace

std::vector<model::Linear*> targeted(const std::vector<model::Linear*>& linears, const LoraConfig& config) {
  std::vector<std::string> unmatched = config.target_regex.empty() ? config.target_modules : std::vector<std::string>{};
  std::vector<model::Linear*> chosen;
  for (model::Linear* linear : linears) {
    bool wanted = false;
    if (config.target_regex.empty()) {
      for (const std::string& target : config.target_modules) wanted |= matches(linear->name, target);
      std::erase_if(unmatched, [&](const std::string& target) { return matches(linear->name, target); });
    } else {
      wanted = full_match(config.target_regex, linear->name);
    }
    if (wanted && layer_is_among(linear->name, config.layers_to_transform)) chosen.push_back(linear);
  }
  if (config.target_regex.empty() && config.target_modules.empty())
    throw Error("LoraConfig.target_modules is empty. Name layers, or \"all-linear\".");
  if (!unmatched.empty() || chosen.empty()) {
    throw Error(fmt::format(
        "LoraConfig.{}: \"{}\" matches no linear layer{}. Use names such as q_proj, k_proj, v_proj, o_proj, gate_proj, "
        "up_proj, down_proj, or \"all-linear\".",
        config.target_regex.empty() ? "target_modules" : "target_regex",
        !config.target_regex.empty() ? config.target_regex
        : unmatched.empty()          ? config.target_modules[0]
                                     : unmatched[0],
        config.layers_to_transform.empty() ? "" : " of layers_to_transform"));
  }
  return chosen;
}

bool pattern_matches(const std::string& expression, const std::string& module) {
  return full_match("(.*\\.)?(" + expression + ")", module);
}

}  // namespace radonc::lora
