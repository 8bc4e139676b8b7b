// The layouts that Checkpoint::open tells apart. Private.
#pragma once

#include "radonc/model/checkpoint.hpp"

namespace radonc::model {

std::unique_ptr<Checkpoint> open_gguf(const std::filesystem::path& file);
std::unique_ptr<Checkpoint> open_hugging_face(const std::filesystem::path& folder);

}  // namespace radonc::model
