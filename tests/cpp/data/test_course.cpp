#include <doctest/doctest.h>

#include <set>

#include "radonc/data/course.hpp"
#include "support/example_cases.hpp"

using namespace radonc;
using clinical::Modality;
using data::Course;

namespace {

Course course(const std::string& dose, const std::string& unit, const std::string& fractions) {
  return {
      .modality = "external", .dose = dose, .dose_unit = unit, .fractions = fractions, .target_site = "regional site"};
}

}  // namespace

TEST_CASE("doses and fractions as they are recorded") {
  struct Row {
    const char *dose, *unit, *fractions;
    double total;  // 0: no value
    double per_fraction;
    bool corrected;
    const char* reason;
  };
  const Row rows[] = {
      {"6000", "cgy", "30", 6000, 200, false, ""},
      {"6,100", "cgy", "30", 0, 0, false, "not equal fractions"},
      {"6,100", "cgy", "25", 6100, 244, false, ""},
      {"30,6", "gy", "17", 3060, 180, false, ""},
      {"59,4", "gy", "33", 5940, 180, false, ""},
      {"4,500 cgy", "cgy", "25", 4500, 180, false, ""},
      {"4,500 cgy", "gy", "25", 4500, 180, false, ""},
      {"45 gy", "", "25", 4500, 180, false, ""},
      {" 5040 ", "cgy", " 28 ", 5040, 180, false, ""},
      {"42.5", "gy", "16", 0, 0, false, "not equal fractions"},  // 265.625 cGy
      {"4264", "cgy", "16", 4264, 266.5, false, ""},
      {"60", "cgy", "30", 6000, 200, true, ""},   // really Gy
      {"6000", "gy", "30", 6000, 200, true, ""},  // really cGy
      {"6000", "", "30", 6000, 200, true, ""},
      {"60", "", "30", 6000, 200, true, ""},
      {"6000", "cgy", "30 fr", 6000, 200, false, ""},
      {"6000", "cgy", "30 fx", 6000, 200, false, ""},
      {"6000", "cgy", "30 fractions", 6000, 200, false, ""},
      {"800", "cgy", "01", 800, 800, false, ""},
      {"42.5+10", "gy", "21", 0, 0, false, "dose not one number"},
      {"40/48", "gy", "20", 0, 0, false, "dose not one number"},
      {"59.4.1", "gy", "33", 0, 0, false, "dose not one number"},
      {"about 60", "gy", "30", 0, 0, false, "dose not one number"},
      {"-6000", "cgy", "30", 0, 0, false, "dose not one number"},
      {"100 mci", "", "1", 0, 0, false, "dose not one number"},
      {"inf", "cgy", "30", 0, 0, false, "dose not one number"},
      {",", "cgy", "30", 0, 0, false, "dose not one number"},
      {".508", "gy", "30", 0, 0, false, "dose not plausible"},
      {"0,508", "gy", "2", 0, 0, false, "dose not plausible"},
      {"6000", "rem", "30", 0, 0, false, "dose unit not known"},
      {"0", "cgy", "30", 0, 0, false, "dose not plausible"},
      {"200", "cgy", "30", 0, 0, false, "dose not plausible"},
      {"20000", "cgy", "100", 0, 0, false, "dose not plausible"},
      {"6000", "cgy", "25+1 boost 1500cgy", 0, 0, false, "fractions not one number"},
      {"6000", "cgy", "one", 0, 0, false, "fractions not one number"},
      {"6000", "cgy", "1.8", 0, 0, false, "fractions not one number"},
      {"6000", "cgy", "2 gy", 0, 0, false, "fractions not one number"},
      {"6000", "cgy", "0", 0, 0, false, "fractions not one number"},
      {"6000", "cgy", "101", 0, 0, false, "fractions not one number"},
      {"6000", "cgy", "99999999999999999999", 0, 0, false, "fractions not one number"},
      {"6000", "cgy", "gamma knife radiosurgery", 0, 0, false, "fractions not one number"},
      {"", "cgy", "30", 0, 0, false, "dose missing"},
      {"6000", "cgy", "", 0, 0, false, "fractions missing"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.dose);
    CAPTURE(row.unit);
    CAPTURE(row.fractions);
    const auto read = data::prescription(course(row.dose, row.unit, row.fractions));
    CHECK(read.reason == row.reason);
    REQUIRE(read.value.has_value() == (row.total > 0));
    if (!read.value) continue;
    CHECK(read.value->total_dose_cgy == row.total);
    CHECK(read.value->dose_per_fraction_cgy == row.per_fraction);
    CHECK(read.value->unit_corrected == row.corrected);
    CHECK(read.value->modality == Modality::kExternalBeam);
    CHECK(read.value->target == "regional site");
  }
}

TEST_CASE("modalities as they are recorded") {
  const auto read = [](const std::string& modality, const std::string& unit = "") {
    return data::recorded_modality({.modality = modality, .dose_unit = unit});
  };
  CHECK(read("external").value == Modality::kExternalBeam);
  CHECK(read("external beam", "cgy").value == Modality::kExternalBeam);
  CHECK(read("photon").value == Modality::kPhoton);
  CHECK(read("proton").value == Modality::kProton);
  CHECK(read("electron").value == Modality::kElectron);
  CHECK(read("internal").value == Modality::kBrachytherapy);
  CHECK(read("implants", "gy").value == Modality::kBrachytherapy);
  CHECK(read("systemic", "mci").value == Modality::kRadionuclide);
  CHECK(read("radioisotope").value == Modality::kRadionuclide);
  CHECK(read("").reason == "modality missing");
  for (const char* other : {"combination", "other", "external, then implants"}) {
    CHECK_FALSE(read(other).value.has_value());
    CHECK_FALSE(read(other).reason.empty());
  }
  for (const auto& [modality, unit] : {std::pair("external", "mci"), std::pair("implants", "mci"),
                                       std::pair("systemic", "gy"), std::pair("radioisotope", "cgy")}) {
    CHECK_FALSE(read(modality, unit).value.has_value());
    CHECK(read(modality, unit).reason == "modality contradicts dose unit");
  }
}

TEST_CASE("what has no absorbed dose or no target is no prescription") {
  Course radionuclide = course("100", "mci", "1");
  radionuclide.modality = "systemic";
  CHECK_FALSE(data::prescription(radionuclide).value.has_value());
  Course no_target = course("6000", "cgy", "30");
  no_target.target_site = "";
  CHECK(data::prescription(no_target).reason == "target missing");
}

TEST_CASE("the example courses keep to the rules") {
  std::size_t num_prescriptions = 0;
  for (const auto& record : test::example_cases()) {
    for (const Course& recorded : record.courses) {
      const auto modality = data::recorded_modality(recorded);
      CHECK(modality.value.has_value() == modality.reason.empty());
      if (recorded.modality.starts_with("external") && modality.value)
        CHECK(*modality.value == Modality::kExternalBeam);
      const auto read = data::prescription(recorded);
      CHECK(read.value.has_value() == read.reason.empty());
      if (!read.value) continue;
      ++num_prescriptions;
      const auto& p = *read.value;
      CHECK(p.dose_per_fraction_cgy * p.num_fractions == p.total_dose_cgy);
      CHECK(p.dose_per_fraction_cgy >= 80);
      CHECK(p.dose_per_fraction_cgy <= 3400);
      CHECK(p.total_dose_cgy <= 15000);
    }
  }
  CHECK(num_prescriptions == 1'541);
}

TEST_CASE("modality and unit are read whatever their case") {
  const data::Course course{
      .modality = "External Beam", .dose = "60", .dose_unit = "Gy", .fractions = "30", .target_site = "primary"};
  const auto read = data::prescription(course);
  REQUIRE(read.value);
  CHECK(read.value->total_dose_cgy == 6000);
  CHECK_FALSE(read.value->unit_corrected);
}
