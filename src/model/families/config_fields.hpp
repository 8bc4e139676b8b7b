// The fields of a model's JSON configuration, with errors that name file and field. Private.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace radonc::model {

class ConfigFields {
 public:
  /// Throws radonc::Error naming the file if it is no JSON object.
  explicit ConfigFields(const std::filesystem::path& file);
  /// An object within `outer`, which messages name as that one; empty if `content` is none.
  ConfigFields(const ConfigFields& outer, const nlohmann::json& content);

  /// Throws radonc::Error if the field is no number, or not there and `fallback` is nothing. A null is not there.
  [[nodiscard]] double number(const char* field, std::optional<double> fallback = std::nullopt) const;
  [[nodiscard]] std::int64_t size(const char* field, std::optional<double> fallback = std::nullopt) const;
  [[nodiscard]] bool flag(const char* field, bool fallback = false) const { return content_.value(field, fallback); }

  [[nodiscard]] const nlohmann::json& content() const { return content_; }
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  std::string where_;
  nlohmann::json content_;
};

}  // namespace radonc::model
