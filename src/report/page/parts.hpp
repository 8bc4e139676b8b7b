// What the sections of the page are made of: tables, cells, plots inside a table's column.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "report/figures.hpp"
#include "report/results.hpp"

namespace radonc::report {

/// A part of the page; left out, in the table of contents too, where the body is empty.
struct Section {
  std::string id;
  std::string title;
  std::string body;
};

struct Column {
  std::string title;         ///< HTML
  const char* kind = "num";  ///< CSS class: "text", "num", "est" or "plot"
};

/// A table that scrolls by itself on a narrow screen. `caption` is plain text, `rows` HTML.
std::string table(const std::string& caption, const std::vector<Column>& columns, const std::string& rows,
                  const std::string& css_class = "");

/// A row whose first cell, plain text, says what the row is about; the others are cells as made below.
std::string row(const std::string& header, const std::vector<std::string>& cells, const char* css_class = "");

/// A row across all columns that heads those below it.
std::string heading_row(const std::string& html, std::size_t num_columns);

std::string text_cell(std::string_view text);
std::string number(std::string_view html);
std::string number(double value);                    ///< "0.123"
std::string number(std::size_t value);               ///< "1,234"
std::string estimate(const stats::Estimate& value);  ///< "0.123 [0.100, 0.150]"
std::string signed_estimate(const stats::Estimate& value);
std::string p_cell(double p);

/// "+0.123", with a minus that is one.
std::string signed_number(double value);
/// "+0.123 [+0.100, +0.150]"
std::string signed_interval(const stats::Estimate& value);
/// "= 0.012", "< 10<sup>−300</sup>"
std::string p_relation(double p);
/// "0.012", "3.1 × 10<sup>−8</sup>"
std::string p_html(double p);

/// "[95 % CI]", under a column's title.
std::string interval_note(const std::vector<TaskResult>& tasks);

/// A scale for values inside a table's column.
struct Axis {
  double low = 0;
  double high = 1;
  std::vector<double> ticks;
};

/// From -1 to 1 at most, around all intervals and 0, with ticks at round numbers.
Axis difference_axis(const std::vector<stats::Estimate>& values);

/// From 0 to 1, with ticks at quarters.
Axis share_axis();

/// A point with its interval. `kind` is the CSS class of the mark; `marked` a value with a dashed line, such as the
/// overall difference.
std::string plot_cell(const Axis& axis, const stats::Estimate& value, const char* kind,
                      const std::optional<double>& marked = {});

/// The row under a plot with the ticks' values, `before` cells left of it and `after` right of it.
std::string axis_row(const Axis& axis, std::size_t before, std::size_t after);

/// What a mark looks like: "before", "after", "base" for baselines, "other".
const char* mark_of(const TaskResult& task, std::size_t model);

/// <p class="css_class">…</p>; the text is escaped.
std::string paragraph(const std::string& text, const char* css_class = "");

/// A caption below a figure; `html` is the figure.
std::string figure(const std::string& html, const std::string& caption);

/// What a click unfolds. `title` is plain text.
std::string folded(const std::string& title, const std::string& html, bool open = false);

}  // namespace radonc::report
