#include "report/page/parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "radonc/tasks/baselines.hpp"

namespace radonc::report {
namespace {

constexpr const char* kMinus = "\u2212";

std::string with_minus(std::string text) {
  for (std::size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 3) text.replace(at, 1, kMinus);
  return text;
}

double position(const Axis& axis, double value) {
  return 100 * (std::clamp(value, axis.low, axis.high) - axis.low) / (axis.high - axis.low);
}

std::string in_class(const std::string& css_class) {
  return css_class.empty() ? "" : fmt::format(" class=\"{}\"", css_class);
}

}  // namespace

std::string table(const std::string& caption, const std::vector<Column>& columns, const std::string& rows,
                  const std::string& css_class) {
  std::string head;
  for (const Column& column : columns)
    head += fmt::format("<th class=\"{}\" scope=\"col\">{}</th>", column.kind, column.title);
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
      "aria-label=\"{0}\">\n<table{1}><caption><span>{0}</span></caption>\n"
      "<thead><tr>{2}</tr></thead>\n<tbody>\n{3}</tbody></table></div>\n",
      escape(caption), in_class(css_class), head, rows);
}

std::string row(const std::string& header, const std::vector<std::string>& cells, const char* css_class) {
  std::string out = fmt::format("<tr{}><th scope=\"row\">{}</th>", in_class(css_class), escape(header));
  for (const std::string& cell : cells) out += cell;
  return out + "</tr>\n";
}

std::string heading_row(const std::string& html, std::size_t num_columns) {
  return fmt::format("<tr class=\"group\"><th colspan=\"{}\" scope=\"colgroup\"><span>{}</span></th></tr>\n",
                     num_columns, html);
}

std::string text_cell(std::string_view text) {
  return "<td>" + escape(text) + "</td>";
}

std::string number(std::string_view html) {
  return fmt::format("<td class=\"num\">{}</td>", html);
}

std::string number(double value) {
  return number(with_minus(fmt::format("{:.3f}", value)));
}

std::string number(std::size_t value) {
  return number(grouped(value));
}

std::string estimate(const stats::Estimate& e) {
  return fmt::format("<td class=\"est\">{:.3f} <small>[{:.3f}, {:.3f}]</small></td>", e.value, e.low, e.high);
}

std::string signed_estimate(const stats::Estimate& e) {
  return fmt::format("<td class=\"est\">{} <small>[{}, {}]</small></td>", signed_number(e.value), signed_number(e.low),
                     signed_number(e.high));
}

std::string p_cell(double p) {
  return number(p_html(p));
}

std::string signed_number(double value) {
  return with_minus(fmt::format("{:+.3f}", value));
}

std::string signed_interval(const stats::Estimate& e) {
  return fmt::format("{} [{},\u00A0{}]", signed_number(e.value), signed_number(e.low), signed_number(e.high));
}

std::string p_html(double p) {
  if (p < 1e-300) return "&lt;\u00A010<sup>\u2212300</sup>";
  if (p >= 0.001) return fmt::format("{:.2g}", p);
  const std::string text = fmt::format("{:.1e}", p);
  const std::size_t e = text.find('e');
  return fmt::format("{}\u00A0×\u00A010<sup>{}{}</sup>", text.substr(0, e), kMinus, std::stoi(text.substr(e + 2)));
}

std::string p_relation(double p) {
  return (p < 1e-300 ? "" : "=\u00A0") + p_html(p);
}

std::string interval_note(const std::vector<TaskResult>& tasks) {
  return fmt::format("<br><small>[{:.4g}\u00A0% CI]</small>", 100 * (tasks.empty() ? 0.95 : tasks.front().confidence));
}

Axis difference_axis(const std::vector<stats::Estimate>& values) {
  Axis axis{.low = 0, .high = 0};
  for (const stats::Estimate& e : values) {
    axis.low = std::min(axis.low, e.low);
    axis.high = std::max(axis.high, e.high);
  }
  const double span = axis.high - axis.low;
  const double step = span > 1 ? 0.5 : span > 0.5 ? 0.25 : span > 0.2 ? 0.1 : 0.05;
  const auto first = static_cast<int>(std::floor(axis.low / step)),
             last = static_cast<int>(std::ceil(axis.high / step));
  for (int i = first; i <= std::max(last, first + 1); ++i) axis.ticks.push_back(i * step);
  axis.low = axis.ticks.front();
  axis.high = axis.ticks.back();
  return axis;
}

Axis share_axis() {
  return {.low = 0, .high = 1, .ticks = {0, 0.25, 0.5, 0.75, 1}};
}

// The drawing is stretched to the cell, its strokes are not; a dot is a stroke without length and with a round cap.
std::string plot_cell(const Axis& axis, const stats::Estimate& e, const char* kind,
                      const std::optional<double>& marked) {
  std::string lines;
  for (const double tick : axis.ticks)
    lines += fmt::format("<path class=\"{}\" d=\"M{:.2f} 0V20\"/>", tick == 0 ? "zero" : "grid", position(axis, tick));
  if (marked) lines += fmt::format("<path class=\"marked\" d=\"M{:.2f} 0V20\"/>", position(axis, *marked));
  return fmt::format(
      "<td class=\"plot\"><svg viewBox=\"0 0 100 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{0}"
      "<path class=\"interval {1}\" d=\"M{2:.2f} 10H{3:.2f}\"/><path class=\"dot {1}\" d=\"M{4:.2f} 10h.01\"/>"
      "<path class=\"heart {1}\" d=\"M{4:.2f} 10h.01\"/></svg></td>",
      lines, kind, position(axis, e.low), position(axis, e.high), position(axis, e.value));
}

std::string axis_row(const Axis& axis, std::size_t before, std::size_t after) {
  std::string labels;
  for (const double tick : axis.ticks)
    labels += fmt::format("<span{} style=\"left:{:.2f}%\">{}</span>",
                          tick == 0 || tick == axis.low || tick == axis.high ? "" : " class=\"minor\"",
                          position(axis, tick), with_minus(fmt::format("{:.4g}", tick)));
  std::string out = "<tr class=\"axis\" aria-hidden=\"true\">";
  for (std::size_t i = 0; i < before; ++i) out += "<td></td>";
  out += fmt::format("<td class=\"plot\"><div>{}</div></td>", labels);
  for (std::size_t i = 0; i < after; ++i) out += "<td></td>";
  return out + "</tr>\n";
}

const char* mark_of(const TaskResult& task, std::size_t model) {
  const std::string& name = task.models.at(model).model;
  if (tasks::is_baseline(name)) return "base";
  return model == 0 ? "before" : model == 1 ? "after" : "other";
}

std::string paragraph(const std::string& text, const char* css_class) {
  return fmt::format("<p{}>{}</p>\n", in_class(css_class), escape(text));
}

std::string figure(const std::string& html, const std::string& caption) {
  return fmt::format("<figure>\n{}<figcaption>{}</figcaption></figure>\n", html, escape(caption));
}

std::string folded(const std::string& title, const std::string& html, bool open) {
  return fmt::format("<details{}><summary>{}</summary>\n{}</details>\n", open ? " open" : "", escape(title), html);
}

}  // namespace radonc::report
