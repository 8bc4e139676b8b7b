// Aligned plain-text tables, which the results of this layer print.
#pragma once

#include <string>
#include <vector>

namespace radonc::metrics {

using TextRows = std::vector<std::vector<std::string>>;

/// One line a row. The first column is aligned left, the others right, with two spaces between; the width of UTF-8
/// text is its number of characters. Rows may be shorter than the first; an empty row is an empty line.
std::string text_table(const TextRows& rows);

/// `value` with four decimals, "-" if it is NaN.
std::string number(double value);

}  // namespace radonc::metrics
