// What withholding the least probable answers gains.
#pragma once

#include "radonc/eval/calibration.hpp"

namespace radonc::report {

/// The first point that answers at least this share. Answers of one probability are given together, so that its
/// coverage may be larger. The curve must not be empty.
inline const eval::CoveragePoint& at_coverage(const eval::CoverageCurve& curve, double share) {
  for (const eval::CoveragePoint& point : curve.points)
    if (point.coverage >= share - 1e-12) return point;
  return curve.points.back();
}

}  // namespace radonc::report
