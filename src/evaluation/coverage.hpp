// What withholding the least probable answers gains.
#pragma once

#include "radonc/metrics/calibration.hpp"

namespace radonc::evaluation {

/// The first point that answers at least this share. Answers of one probability are given together, so that its
/// coverage may be larger. The curve must not be empty.
inline const metrics::CoveragePoint& at_coverage(const metrics::CoverageCurve& curve, double share) {
  for (const metrics::CoveragePoint& point : curve.points)
    if (point.coverage >= share - 1e-12) return point;
  return curve.points.back();
}

}  // namespace radonc::evaluation
