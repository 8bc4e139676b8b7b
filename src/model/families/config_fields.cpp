#include "model/families/config_fields.hpp"

#include <fmt/format.h>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"

namespace radonc::model {

using nlohmann::json;

ConfigFields::ConfigFields(const std::filesystem::path& file)
    : where_(file.string()), content_(json::parse(core::read_file(file), nullptr, /*allow_exceptions=*/false)) {
  if (!content_.is_object()) throw Error(fmt::format("{}: expected a JSON object. The file is damaged.", where_));
}

ConfigFields::ConfigFields(const ConfigFields& outer, const json& content)
    : where_(outer.where_), content_(content.is_object() ? content : json::object()) {}

double ConfigFields::number(const char* field, std::optional<double> fallback) const {
  const auto found = content_.find(field);
  if (found != content_.end() && found->is_number()) return found->get<double>();
  if (fallback && (found == content_.end() || found->is_null())) return *fallback;
  throw Error(fmt::format("{}: {}: expected a number. The file is not a complete configuration.", where_, field));
}

std::int64_t ConfigFields::size(const char* field, std::optional<double> fallback) const {
  return static_cast<std::int64_t>(number(field, fallback));
}

}  // namespace radonc::model
