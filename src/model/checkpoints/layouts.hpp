// The layouts that Checkpoint::open tells apart. Private.
#pragma once

#include "radonc/model/checkpoint.hpp"

namespace radonc::model {

std::unique_ptr<Checkpoint> open_gguf(const std::filesystem::path& file);
std::unique_ptr<Checkpoint> open_hugging_face(const std::filesystem::path& folder);
std::unique_ptr<Checkpoint> open_meta(const std::filesystem::path& folder);

/// The shape in Hugging Face's config.json. Throws radonc::Error naming file and field.
TransformerConfig read_hugging_face_config(const std::filesystem::path& path);

}  // namespace radonc::model
