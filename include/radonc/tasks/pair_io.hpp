// Pairs, predictions and scores as JSON lines, so that scoring and statistics rerun without a model.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::tasks {

/// One line of JSON each, without a line end.
RADONC_API std::string to_json(const Pair& pair);
RADONC_API std::string to_json(const Prediction& prediction);
RADONC_API std::string to_json(const Score& score);

/// Read the lines that to_json wrote. Files of other programs need not have title (then the task's name), allowed (any
/// text), quantities, probability and subgroups. Throw radonc::Error naming file and line.
RADONC_API std::vector<Pair> read_pairs(const std::filesystem::path& path);
RADONC_API std::vector<Prediction> read_predictions(const std::filesystem::path& path);
RADONC_API std::vector<Score> read_scores(const std::filesystem::path& path);

/// Writes one line an item, the file whole or not at all.
template <typename Item>
RADONC_API void write_lines(const std::filesystem::path& path, const std::vector<Item>& items);

extern template void write_lines(const std::filesystem::path&, const std::vector<Pair>&);
extern template void write_lines(const std::filesystem::path&, const std::vector<Prediction>&);
extern template void write_lines(const std::filesystem::path&, const std::vector<Score>&);

}  // namespace radonc::tasks
