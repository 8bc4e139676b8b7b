// What tells the families of models apart: one file each. A new one is such a file, and a line in families.cpp.
// Private.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "model/families/config_fields.hpp"
#include "radonc/model/config.hpp"

namespace radonc::model {

struct Family {
  const char* name;                ///< Hugging Face's model_type, and TransformerConfig::architecture
  const char* hugging_face_class;  ///< the only entry of its "architectures"
  const char* gguf_name;           ///< GGUF's general.architecture; the first family of that name reads such a file
  bool has_paired_rows_in_gguf;    ///< the rows of queries and keys lie there in Meta's order

  /// Hugging Face's keys that are not every family's: biases and the sliding window.
  void (*read)(const ConfigFields& fields, TransformerConfig& config);
  void (*write)(const TransformerConfig& config, nlohmann::ordered_json& content);
  /// Whether these keys can say what `config` is.
  bool (*can_write)(const TransformerConfig& config);
};

/// In the order in which they are asked whether they can write a model.
std::span<const Family* const> families();

/// The one of that name; null if there is none.
const Family* family_named(const std::string& name);

/// The config's own. Throws radonc::Error if there is none.
const Family& family_of(const TransformerConfig& config);

/// "llama, mistral or qwen2"
std::string family_names();

}  // namespace radonc::model
