#include <doctest/doctest.h>

#include "radonc/clinical/dose.hpp"
#include "radonc/core/error.hpp"

using namespace radonc;
using clinical::bed_gy;
using clinical::eqd2_gy;
using clinical::Fractionation;
using clinical::Phase;
using clinical::PhaseKind;

namespace {

Phase phase(double per_fraction, int count, int per_day = 1, PhaseKind kind = PhaseKind::kSequential) {
  return {.kind = kind,
          .dose_per_fraction_cgy = per_fraction,
          .num_fractions = count,
          .total_dose_cgy = per_fraction * count,
          .fractions_per_day = per_day};
}

}  // namespace

TEST_CASE("biologically effective doses of textbook regimens") {
  CHECK(bed_gy(200, 30, 10) == doctest::Approx(72));
  CHECK(bed_gy(200, 30, 3) == doctest::Approx(100));
  CHECK(bed_gy(1800, 3, 10) == doctest::Approx(151.2));  // lung SBRT
  CHECK(bed_gy(1200, 4, 10) == doctest::Approx(105.6));
  CHECK(bed_gy(0, 30, 10) == 0);
  CHECK(eqd2_gy(200, 35, 1.5) == doctest::Approx(70));  // 2 Gy is 2 Gy, whatever the tissue
  CHECK(eqd2_gy(300, 20, 3) == doctest::Approx(72));
  CHECK(eqd2_gy(700, 4, 10) == doctest::Approx(39.6667).epsilon(1e-5));  // 7 Gy x 4 at point A
}

TEST_CASE("phases are summed, and of simultaneous levels the highest counts") {
  const clinical::Regimen in_turn{.phases = {phase(180, 25), phase(700, 4, 1, PhaseKind::kPoint)}};
  CHECK(clinical::total_dose_cgy(in_turn) == 7300);
  CHECK(eqd2_gy(in_turn, 10) == doctest::Approx(44.25 + 39.66667).epsilon(1e-6));
  CHECK(bed_gy(in_turn, 10) == doctest::Approx(bed_gy(180, 25, 10) + bed_gy(700, 4, 10)));
  for (const bool high_first : {true, false}) {
    const auto high = phase(200, 35), low = phase(160, 35);
    clinical::Regimen levels{.phases = {high_first ? high : low, high_first ? low : high, phase(200, 5)}};
    levels.phases[1].kind = PhaseKind::kSimultaneous;
    CHECK(clinical::total_dose_cgy(levels) == 8000);
    CHECK(bed_gy(levels, 10) == doctest::Approx(bed_gy(200, 40, 10)));
  }
  CHECK(clinical::total_dose_cgy({}) == 0);
  CHECK(bed_gy(clinical::Regimen{}, 3) == 0);
}

TEST_CASE("what is no dose or no tissue is an error") {
  for (const double wrong : {0.0, -3.0, 1.0 / 0.0, 0.0 / 0.0}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(bed_gy(200, 30, wrong), Error);
    CHECK_THROWS_AS(bed_gy(clinical::Regimen{}, wrong), Error);
    CHECK_THROWS_AS(eqd2_gy(200, 30, wrong), Error);
  }
  CHECK_THROWS_AS(bed_gy(-200, 30, 10), Error);
  CHECK_THROWS_AS(bed_gy(200, -30, 10), Error);
}

TEST_CASE("fractionations have the guideline's names") {
  struct Row {
    double per_fraction;
    int per_day;
    const char* name;
  };
  for (const Row& row :
       {Row{120, 2, "hyperfractionated"}, Row{150, 1, "hyperfractionated"}, Row{179.99, 1, "hyperfractionated"},
        Row{340, 2, "hyperfractionated"}, Row{180, 1, "conventional"}, Row{200, 1, "conventional"},
        Row{220, 1, "conventional"}, Row{220.5, 1, "moderately hypofractionated"},
        Row{266.5, 1, "moderately hypofractionated"}, Row{499.5, 1, "moderately hypofractionated"},
        Row{500, 1, "ultrahypofractionated"}, Row{1800, 1, "ultrahypofractionated"}}) {
    CAPTURE(row.per_fraction);
    CHECK(clinical::to_string(clinical::fractionation(phase(row.per_fraction, 5, row.per_day))) == row.name);
  }
}
