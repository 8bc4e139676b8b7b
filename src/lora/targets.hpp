// Which layers a LoraConfig means. Private.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "radonc/lora/lora.hpp"

namespace radonc::lora {

/// The layers that `config` targets, in their order. Throws radonc::Error for a target that matches none of them, and
/// for an expression that is not well formed.
std::vector<model::Linear*> targeted(const std::vector<model::Linear*>& linears, const LoraConfig& config);

/// Whether PEFT's pattern `expression` is meant for `module`: it matches the whole name, or its end behind a dot.
bool pattern_matches(const std::string& expression, const std::string& module);

template <typename Value>
Value value_for(const std::vector<std::pair<std::string, Value>>& patterns, const std::string& module,
                Value otherwise) {
  for (const auto& [expression, value] : patterns)
    if (pattern_matches(expression, module)) return value;
  return otherwise;
}

}  // namespace radonc::lora
