#include "report/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/results.hpp"

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

std::string loss_figure(const TrainingSummary& training) {
  constexpr double kLeft = 40, kRight = 412, kTop = 10, kBottom = 184;
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
      "<svg viewBox=\"0 0 420 210\" role=\"img\" aria-label=\"Training loss from {:.3f} to {:.3f} over "
      "{} steps\">\n{}<polyline class=\"curve\" points=\"{}\"/></svg>\n",
      curve.front().loss, curve.back().loss, grouped(training.steps), body, points);
}

std::string histogram_figure(const ScoreDifferences& differences) {
  constexpr double kLeft = 8, kWidth = 404, kTop = 22, kBottom = 164;
  const auto& bins = differences.histogram;
  if (bins.empty()) return {};
  const auto tallest = static_cast<double>(std::max<std::size_t>(1, *std::ranges::max_element(bins)));
  const double width = kWidth / static_cast<double>(bins.size());
  std::string body;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (bins[i] == 0) continue;
    const double height = (kBottom - kTop) * static_cast<double>(bins[i]) / tallest;
    const double x = kLeft + width * static_cast<double>(i);
    body += fmt::format(
        "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
        2 * i < bins.size() ? "worse" : "better", x + 1, kBottom - height, width - 2, height, x + width / 2,
        kBottom - height - 5, bins[i]);
  }
  for (int tick = -2; tick <= 2; ++tick)
    body +=
        fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}{}</text>\n", kLeft + kWidth * (tick + 2) / 4.0,
                    kBottom + 18, tick == -2 ? "start" : (tick == 2 ? "end" : "middle"),
                    tick < 0 ? "\u2212" : (tick > 0 ? "+" : ""), std::abs(tick) / 2.0);
  body += fmt::format("<path class=\"zero\" d=\"M{0} {1}V{2}M{3} {2}H{4}\"/>\n", kLeft + kWidth / 2, kTop - 10, kBottom,
                      kLeft, kLeft + kWidth);
  return fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 420 190\" role=\"img\" aria-label=\"Histogram of the differences in {}: {} "
      "cases better, {} worse\">\n{}</svg>\n",
      escape(differences.score), grouped(differences.num_better), grouped(differences.num_worse), body);
}

namespace {

constexpr double kSquareLeft = 36, kSquareTop = 18, kSquare = 216;

// A frame from 0 to 100 % both ways.
std::string square(const std::string& label, const std::string& across, const std::string& upwards,
                   const std::string& body) {
  std::string ticks;
  for (int i = 0; i <= 4; ++i) {
    const double offset = kSquare * i / 4.0;
    ticks += fmt::format(
        "<path class=\"grid\" d=\"M{0} {1:.1f}h{2}\"/><text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>"
        "<text x=\"{6:.1f}\" y=\"{7}\" text-anchor=\"middle\">{5}</text>\n",
        kSquareLeft, kSquareTop + kSquare - offset, kSquare, kSquareLeft - 6, kSquareTop + kSquare - offset + 4, 25 * i,
        kSquareLeft + offset, kSquareTop + kSquare + 17);
  }
  return fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 264 278\" role=\"img\" aria-label=\"{}\">\n{}{}<text x=\"{}\" y=\"{}\" "
      "text-anchor=\"end\">{}</text><text x=\"{}\" y=\"9\">{}</text></svg>\n",
      escape(label), ticks, body, kSquareLeft + kSquare, kSquareTop + kSquare + 34, across, kSquareLeft, upwards);
}

double square_x(double share) {
  return kSquareLeft + kSquare * share;
}

double square_y(double share) {
  return kSquareTop + kSquare * (1 - share);
}

}  // namespace

std::string reliability_figure(const std::string& model, const metrics::ReliabilityTable& table) {
  std::string body;
  for (const metrics::ReliabilityBin& bin : table.bins) {
    if (bin.n == 0) continue;
    const double width = square_x(bin.high) - square_x(bin.low);
    body += fmt::format(
        "<rect class=\"bin\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>"
        "<circle class=\"point\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>"
        "<text class=\"count\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
        square_x(bin.low) + 1, square_y(bin.accuracy), width - 2, kSquareTop + kSquare - square_y(bin.accuracy),
        square_x(bin.mean_confidence), square_y(bin.accuracy), (square_x(bin.low) + square_x(bin.high)) / 2,
        kSquareTop + kSquare - 4, bin.n);
  }
  body += fmt::format("<path class=\"marked\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>\n", square_x(0), square_y(0),
                      square_x(1), square_y(1));
  return square(
      fmt::format("Reliability of {}: expected calibration error {:.3f}", model, table.expected_calibration_error),
      "probability of the answer, %", "right, %", body);
}

std::string coverage_figure(const std::string& model, const metrics::CoverageCurve& curve) {
  if (curve.points.empty()) return {};
  const std::size_t stride = std::max<std::size_t>(1, curve.points.size() / 120);
  std::string points;
  for (std::size_t i = 0; i < curve.points.size(); i += stride)
    points += fmt::format("{:.1f},{:.1f} ", square_x(curve.points[i].coverage), square_y(curve.points[i].accuracy));
  points +=
      fmt::format("{:.1f},{:.1f}", square_x(curve.points.back().coverage), square_y(curve.points.back().accuracy));
  return square(
      fmt::format("Accuracy of {} by coverage: {:.3f} if all is answered", model, curve.points.back().accuracy),
      "answered, the most probable first, %", "right among these, %",
      fmt::format("<polyline class=\"curve\" points=\"{}\"/>\n", points));
}

}  // namespace radonc::report
