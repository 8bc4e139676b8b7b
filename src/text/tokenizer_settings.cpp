#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "text/tokenizer_files.hpp"

namespace radonc::text {
namespace {

using nlohmann::json;

/// The object in a JSON file; empty if there is no such file.
json read_object(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return json::object();
  json content = json::parse(core::read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!content.is_object()) throw Error(fmt::format("{}: expected a JSON object. The file is damaged.", path.string()));
  return content;
}

/// A text, or the text in an added token's "content"; empty if it is neither.
std::string text_of(const json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->is_object() ? text_of(*found, "content") : "";
}

/// A text, or the one called "default" in a list of {name, template}.
std::string chat_template_of(const json& config) {
  const auto found = config.find("chat_template");
  if (found == config.end() || !found->is_array()) return text_of(config, "chat_template");
  for (const json& entry : *found)
    if (entry.is_object() && text_of(entry, "name") == "default") return text_of(entry, "template");
  return "";
}

/// An id, or the first of a list of ids.
std::optional<std::int64_t> id_of(const json& config, const char* field) {
  const auto found = config.find(field);
  if (found == config.end()) return std::nullopt;
  const json& id = found->is_array() && !found->empty() ? found->front() : *found;
  return id.is_number_integer() ? std::optional(id.get<std::int64_t>()) : std::nullopt;
}

}  // namespace

TokenizerSettings read_tokenizer_settings(const std::filesystem::path& file) {
  const auto folder = file.parent_path();
  const json config = read_object(folder / "tokenizer_config.json");
  const json special = read_object(folder / "special_tokens_map.json");
  const json generation = read_object(folder / "generation_config.json");
  const auto token = [&](const char* field) {
    std::string text = text_of(config, field);
    return text.empty() ? text_of(special, field) : text;
  };
  TokenizerSettings settings{
      .bos = token("bos_token"), .eos = token("eos_token"), .chat_template = chat_template_of(config)};
  settings.bos_id = id_of(generation, "bos_token_id");
  settings.eos_id = id_of(generation, "eos_token_id");
  if (const auto found = config.find("add_bos_token"); found != config.end() && found->is_boolean())
    settings.add_bos = found->get<bool>();
  const auto jinja = folder / "chat_template.jinja";
  if (std::filesystem::exists(jinja)) settings.chat_template = core::read_file(jinja);
  return settings;
}

}  // namespace radonc::text
