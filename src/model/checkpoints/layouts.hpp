// The layouts that Checkpoint::open tells apart. Private.
#pragma once

#include "radonc/model/checkpoint.hpp"

namespace radonc::model {

std::unique_ptr<Checkpoint> open_gguf(const std::filesystem::path& file);
std::unique_ptr<Checkpoint> open_hugging_face(const std::filesystem::path& folder);
std::unique_ptr<Checkpoint> open_meta(const std::filesystem::path& folder);

/// Rows of each head from Meta's order (pairs side by side) to Hugging Face's (first halves, then second halves).
/// weight [heads · d, …]
torch::Tensor half_split_rows(const torch::Tensor& weight, std::int64_t heads);

}  // namespace radonc::model
