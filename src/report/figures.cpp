#include "report/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "radonc/tasks/baselines.hpp"
#include "report/wording.hpp"

namespace radonc::report {
namespace {

// 1, 2 or 5 times a power of ten, at least span / 6.
double tick_step(double span) {
  const double rough = span / 6, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough) return factor * power;
  return 10 * power;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
          out += "\uFFFD";
        else
          out += c;
    }
  }
  return out;
}

std::string accuracy_figure(const StudyResult& result) {
  constexpr double kLeft = 135, kRight = 600, kRow = 64, kTop = 8;
  const auto x = [&](double accuracy) { return kLeft + (kRight - kLeft) * accuracy; };
  const double bottom = kTop + kRow * static_cast<double>(result.tasks.size());
  std::string label = "Accuracy with intervals.", body;
  for (int i = 0; i <= 5; ++i)
    body += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
        "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4} %</text>\n",
        x(i / 5.0), kTop, bottom, bottom + 18, i * 20);
  double y = kTop;
  for (const TaskResult& task : result.tasks) {
    body += fmt::format("<text class=\"strong\" x=\"0\" y=\"{:.1f}\">{}</text>\n", y + kRow / 2 + 5,
                        escape(task_title(task.task)));
    label += fmt::format(" {}:", task_title(task.task));
    for (std::size_t m = 0; m < 2; ++m) {
      const ModelMetrics& model = task.models.at(m);
      const double row = y + 20 + 24 * static_cast<double>(m);
      const char* kind = m == 1 ? "after" : "before";
      body += fmt::format(
          "<line class=\"{0}\" x1=\"{1:.1f}\" x2=\"{2:.1f}\" y1=\"{3:.1f}\" y2=\"{3:.1f}\"/>"
          "<circle class=\"{0}\" cx=\"{4:.1f}\" cy=\"{3:.1f}\" r=\"5.5\"/>\n",
          kind, x(model.accuracy.low), x(model.accuracy.high), row, x(model.accuracy.value));
      label += fmt::format(" {} {:.3f},", model.model, model.accuracy.value);
    }
    if (const ModelMetrics* majority = task.find(tasks::kMajority)) {
      body += fmt::format("<line class=\"baseline\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>\n",
                          x(majority->accuracy.value), y + 10, y + kRow - 10);
      label += fmt::format(" majority {:.3f}.", majority->accuracy.value);
    }
    y += kRow;
  }
  return fmt::format("<svg viewBox=\"0 0 640 {:.0f}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n", bottom + 26,
                     escape(label), body);
}

std::string loss_figure(const TrainingSummary& training) {
  constexpr double kLeft = 46, kRight = 632, kTop = 10, kBottom = 214;
  const auto& curve = training.curve;
  if (curve.size() < 2) return {};
  const auto first = static_cast<double>(curve.front().step), last = static_cast<double>(curve.back().step);
  double top = 0;
  for (const LossPoint& point : curve) top = std::max(top, point.loss);
  if (!(top > 0) || !(last > first)) return {};
  const double y_step = tick_step(top), x_step = std::max(1.0, tick_step(last - first));
  top = std::ceil(top / y_step) * y_step;
  const auto x = [&](double step) { return kLeft + (kRight - kLeft) * (step - first) / (last - first); };
  const auto y = [&](double loss) { return kBottom - (kBottom - kTop) * loss / top; };
  std::string body;
  for (double tick = 0; tick <= top * 1.0001; tick += y_step)
    body += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:.3g}</text>\n",
        kLeft, kRight, y(tick), kLeft - 8, y(tick) + 4, tick);
  for (double tick = std::ceil(first / x_step) * x_step; tick <= last; tick += x_step)
    body +=
        fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.6g}</text>\n", x(tick), kBottom + 18, tick);
  const std::size_t stride = std::max<std::size_t>(1, curve.size() / 600);
  std::string points;
  for (std::size_t i = 0; i < curve.size(); i += stride)
    points += fmt::format("{:.1f},{:.1f} ", x(static_cast<double>(curve[i].step)), y(curve[i].loss));
  return fmt::format(
      "<svg viewBox=\"0 0 640 240\" role=\"img\" aria-label=\"Training loss from {:.3f} to {:.3f} over "
      "{} steps\">\n{}<polyline class=\"curve\" points=\"{}\"/></svg>\n",
      curve.front().loss, curve.back().loss, grouped(training.steps), body, points);
}

}  // namespace radonc::report
