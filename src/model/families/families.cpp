#include <fmt/format.h>

#include <algorithm>

#include "model/families/family.hpp"
#include "radonc/core/error.hpp"

namespace radonc::model {

extern const Family kLlama, kMistral, kQwen2;

std::span<const Family* const> families() {
  static constexpr const Family* kAll[] = {&kLlama, &kMistral, &kQwen2};
  return kAll;
}

const Family* family_named(const std::string& name) {
  const auto found = std::ranges::find_if(families(), [&](const Family* family) { return name == family->name; });
  return found == families().end() ? nullptr : *found;
}

const Family& family_of(const TransformerConfig& config) {
  if (const Family* family = family_named(config.architecture)) return *family;
  throw Error(
      fmt::format("TransformerConfig.architecture: expected {}, got \"{}\".", family_names(), config.architecture));
}

std::string family_names() {
  std::string names;
  for (const Family* family : families())
    names += (names.empty() ? "" : family == families().back() ? " or " : ", ") + std::string(family->name);
  return names;
}

}  // namespace radonc::model
