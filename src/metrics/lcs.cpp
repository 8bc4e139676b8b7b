#include "metrics/lcs.hpp"

#include <bit>

namespace radonc::metrics {

void LcsTable::fill(Ids rows, Ids columns) {
  words_ = (columns.size() + 63) / 64;
  if (masks_.size() < num_ids_ * words_) masks_.resize(num_ids_ * words_, 0);
  for (std::size_t j = 0; j < columns.size(); ++j) masks_[columns[j] * words_ + j / 64] |= std::uint64_t{1} << (j % 64);
  table_.assign((rows.size() + 1) * words_, ~std::uint64_t{0});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t* above = table_.data() + i * words_;
    const std::uint64_t* mask = masks_.data() + rows[i] * words_;
    std::uint64_t* row = table_.data() + (i + 1) * words_;
    std::uint64_t carry = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      const std::uint64_t matching = above[w] & mask[w];
      const std::uint64_t partial = above[w] + matching;
      const std::uint64_t sum = partial + carry;
      carry = static_cast<std::uint64_t>(partial < matching) | static_cast<std::uint64_t>(sum < partial);
      row[w] = sum | (above[w] & ~mask[w]);
    }
  }
  for (const std::uint32_t id : columns)
    for (std::size_t w = 0; w < words_; ++w) masks_[id * words_ + w] = 0;
}

std::size_t LcsTable::length(std::size_t row, std::size_t column) const {
  const std::uint64_t* bits = table_.data() + row * words_;
  std::size_t zeros = column;
  for (std::size_t w = 0; w < column / 64; ++w) zeros -= static_cast<std::size_t>(std::popcount(bits[w]));
  if (column % 64 != 0)
    zeros -= static_cast<std::size_t>(std::popcount(bits[column / 64] & ((std::uint64_t{1} << (column % 64)) - 1)));
  return zeros;
}

void LcsTable::mark(Ids rows, Ids columns, std::vector<bool>& in_lcs) const {
  std::size_t i = rows.size(), j = columns.size();
  for (std::size_t here = length(i, j); i > 0 && j > 0;) {
    if (rows[i - 1] == columns[j - 1]) {
      in_lcs[--i] = true;
      --j;
      --here;
      continue;
    }
    // Left if the length there is greater than above. The greater of both is the length here.
    const bool same_on_the_left = (table_[i * words_ + (j - 1) / 64] >> ((j - 1) % 64) & 1) != 0;
    if (const std::size_t above = same_on_the_left ? length(i - 1, j) : here; above < here)
      --j;
    else
      --i;
  }
}

}  // namespace radonc::metrics
