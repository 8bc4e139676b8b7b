// Longest common subsequences, 64 cells of the table at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace radonc::metrics {

using Ids = std::span<const std::uint32_t>;

/// The table of Hyyrö (2004): bit j of row i is 0 where the length grows from column j to j + 1.
class LcsTable {
 public:
  /// For tokens with ids below `num_ids`. Every call of fill() uses the same memory.
  explicit LcsTable(std::size_t num_ids) : num_ids_(num_ids) {}

  void fill(Ids rows, Ids columns);

  /// The length for the first `row` tokens of the rows and the first `column` of the columns.
  [[nodiscard]] std::size_t length(std::size_t row, std::size_t column) const;

  /// Sets in_lcs[i] for each row that rouge_score's way back through the table takes.
  void mark(Ids rows, Ids columns, std::vector<bool>& in_lcs) const;

 private:
  std::size_t num_ids_;
  std::size_t words_ = 0;
  std::vector<std::uint64_t> masks_;  // [num_ids][words]: the columns that hold the id; zero between calls
  std::vector<std::uint64_t> table_;  // [rows + 1][words]
};

}  // namespace radonc::metrics
