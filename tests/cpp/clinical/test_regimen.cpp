#include <doctest/doctest.h>

#include <ctime>
#include <set>
#include <tuple>

#include "radonc/clinical/regimen.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"
#include "radonc/data/course.hpp"
#include "support/example_cases.hpp"
#include "support/regimen_spellings.hpp"
#include "support/regimen_texts.hpp"

using namespace radonc;
using clinical::parse_regimen;
using clinical::Phase;
using clinical::PhaseKind;
using clinical::Regimen;
using clinical::to_text;

namespace {

/// What is read, as its canonical sentence; or "- " and the reason.
std::string canonical(const std::string& text) {
  const auto read = parse_regimen(text);
  return read.value ? to_text(*read.value) : "- " + read.reason;
}

/// "<modality>: <phases>" with the canonical phases, for texts without a site.
std::string without_site(const std::string& text) {
  std::string all = canonical(text);
  const std::string none = "Site not stated; ";
  return all.starts_with(none) ? all.substr(none.size()) : all;
}

using Row = std::pair<const char*, const char*>;

}  // namespace

TEST_CASE("the canonical sentence") {
  const Regimen brain{.site = "brain, primary tumor field",
                      .modality = "external beam",
                      .phases = {{.dose_per_fraction_cgy = 200, .num_fractions = 30, .total_dose_cgy = 6000}}};
  CHECK(to_text(brain) == "Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6000 cGy");
  CHECK(parse_regimen(to_text(brain)).value == brain);
  const Regimen breast{.site = "Breast;  left",
                       .modality = "photon",
                       .phases = {{.dose_per_fraction_cgy = 266.5, .num_fractions = 16, .total_dose_cgy = 4264},
                                  {.target = "tumor bed",
                                   .modality = "electron",
                                   .dose_per_fraction_cgy = 250,
                                   .num_fractions = 4,
                                   .total_dose_cgy = 1000}}};
  CHECK(to_text(breast) ==
        "Breast, left; photon; 266.5 cGy x 16 fractions; total 4264 cGy; then to tumor bed; by electron; 250 cGy x 4 "
        "fractions; total 1000 cGy");
  const Regimen bare{.phases = {{.kind = PhaseKind::kPoint,
                                 .dose_per_fraction_cgy = 600,
                                 .num_fractions = 5,
                                 .total_dose_cgy = 3000,
                                 .fractions_per_day = 2}}};
  CHECK(to_text(bare) ==
        "Site not stated; modality not stated; at a point; 600 cGy x 5 fractions twice a day; total 3000 cGy");
  CHECK(parse_regimen(to_text(bare)).value == bare);
  CHECK_THROWS_AS(to_text(Regimen{}), Error);
}

TEST_CASE("what clinicians write of one phase") {
  for (const char* text : {"50.4 Gy in 28 fractions",
                           "50,4 Gy in 28",
                           "5040 cGy in 28 fx",
                           "5,040 cGy / 28",
                           "5040cGy/28fx",
                           "50.4Gy/28#",
                           "1.8 Gy x 28",
                           "1.8 Gy \u00d7 28",
                           "180 cGy * 28",
                           "1.8Gyx28",
                           "180cGy x28",
                           "28 x 1.8 Gy",
                           "28 fractions of 180 cGy",
                           "28 fractions of 1.8 Gy each",
                           "28 daily fractions of 1.8 Gy",
                           "28 fx x 1.8 Gy",
                           "1.8 Gy fractions x 28 fractions",
                           "50.4 Gy in 1.8-Gy fractions",
                           "50.4 Gy in 1.8 Gy daily fractions",
                           "50.4 Gy (1.8 Gy/fx)",
                           "50.4 Gy (1.8 Gy per fraction) in 28 fractions",
                           "50.4 Gy at 1.8 Gy per fraction",
                           "50.4 Gy @ 1.8 Gy/fx",
                           "total dose of 50.4 Gy in 28 fractions",
                           "to a total of 50.4 Gy at 1.8 Gy per fraction",
                           "180 cGy x 28 fractions, total 5040 cGy",
                           "180 cGy x 28 = 5040 cGy",
                           "1.8 Gy daily to 50.4 Gy",
                           "50.4 Gy in 28 fractions over 5.5 weeks",
                           "50.4 Gy in 28 fractions, 5 fractions per week, 6 MV",
                           "Dose per fraction: 180 cGy, fractions: 28, total dose: 5040 cGy",
                           "50.4 Gy, 28 fractions, 1.8 Gy",
                           "He received 50.4 Gy in 28 fractions.",
                           "50.4 Gy(RBE) in 28 fractions",
                           "50.4\u00a0Gy in 28\u00a0fractions",
                           "50.4 Gy in 28 once-daily fractions",
                           "5 days a week, 28 fractions, 1.8 Gy/fraction"}) {
    INFO(std::string(text));
    CHECK(without_site(text) == "modality not stated; 180 cGy x 28 fractions; total 5040 cGy");
  }
  for (const Row& row : {
           Row{"45 Gy in 1.5-Gy fractions twice per day",
               "modality not stated; 150 cGy x 30 fractions twice a day; total 4500 cGy"},
           Row{"1.5 Gy BID x 30", "modality not stated; 150 cGy x 30 fractions twice a day; total 4500 cGy"},
           Row{"45 Gy in 30 twice-daily fractions",
               "modality not stated; 150 cGy x 30 fractions twice a day; total 4500 cGy"},
           Row{"45 Gy/30 fx, 2 fractions per day",
               "modality not stated; 150 cGy x 30 fractions twice a day; total 4500 cGy"},
           Row{"1.5 Gy b.i.d. x 30", "modality not stated; 150 cGy x 30 fractions twice a day; total 4500 cGy"},
           Row{"54 Gy in 36 fractions three times a day",
               "modality not stated; 150 cGy x 36 fractions 3 times a day; total 5400 cGy"},
           Row{"30 Gy to point A given in 5 fractions",
               "modality not stated; at point a; 600 cGy x 5 fractions; total 3000 cGy"},
           Row{"SBRT 54 Gy in 3", "sbrt; 1800 cGy x 3 fractions; total 5400 cGy"},
           Row{"HDR 7 Gy x 4", "hdr brachytherapy; 700 cGy x 4 fractions; total 2800 cGy"},
           Row{"8 Gy in a single fraction", "modality not stated; 800 cGy x 1 fractions; total 800 cGy"},
           Row{"8 Gy x 1", "modality not stated; 800 cGy x 1 fractions; total 800 cGy"},
           Row{"SRS 20 Gy in one fraction", "srs; 2000 cGy x 1 fractions; total 2000 cGy"},
           Row{"40 Gy in 15", "modality not stated; 266.67 cGy x 15 fractions; total 4000 cGy"},
           Row{"3D-CRT 20 Gy in five fractions", "3d-crt; 400 cGy x 5 fractions; total 2000 cGy"},
       }) {
    INFO(std::string(row.first));
    CHECK(without_site(row.first) == row.second);
  }
}

TEST_CASE("what clinicians write of several phases") {
  const std::string breast =
      "modality not stated; 200 cGy x 25 fractions; total 5000 cGy; then 200 cGy x 5 fractions; ";
  for (const char* text :
       {"50 Gy in 25 followed by a boost of 10 Gy in 5", "50 Gy in 25 fractions, then 10 Gy in 5 fractions",
        "50 Gy/25 + 10 Gy/5", "50 Gy in 25 plus boost 10 Gy in 5", "50 Gy in 25 with a boost of 10 Gy in 5",
        "50 Gy in 25 fx followed by a 10 Gy boost in 5 fx", "2 Gy x 25 then 2 Gy x 5, total 60 Gy in 30 fractions",
        "total dose of 50 Gy in 25 fractions followed by 10 Gy in 5 fractions (total 60 Gy)",
        "50 Gy in 25, sequential boost 10 Gy in 5"}) {
    INFO(std::string(text));
    CHECK(without_site(text) == breast + "total 1000 cGy");
  }
  for (const Row& row : {
           Row{"180 cGy x 22 \u2026 then 180 cGy x 6, total 50.4 Gy over 6 weeks",
               "modality not stated; 180 cGy x 22 fractions; total 3960 cGy; then 180 cGy x 6 fractions; total 1080 "
               "cGy"},
           Row{"70 Gy (2 Gy/fx) with SIB 63/56 Gy in 35",
               "modality not stated; 200 cGy x 35 fractions; total 7000 cGy; with simultaneous 180 cGy x 35 fractions; "
               "total 6300 cGy; with simultaneous 160 cGy x 35 fractions; total 5600 cGy"},
           Row{"SIB-IMRT 70/63/56 Gy in 35 fractions",
               "imrt; 200 cGy x 35 fractions; total 7000 cGy; with simultaneous 180 cGy x 35 fractions; total 6300 "
               "cGy; with simultaneous 160 cGy x 35 fractions; total 5600 cGy"},
           Row{"50.4 Gy in 28 fractions with a simultaneous integrated boost to 58.8 Gy",
               "modality not stated; 180 cGy x 28 fractions; total 5040 cGy; with simultaneous 210 cGy x 28 fractions; "
               "total 5880 cGy"},
           Row{"EBRT to the pelvis 45 Gy in 25, followed by HDR 7 Gy x 4 to point A",
               "Pelvis; external beam; 180 cGy x 25 fractions; total 4500 cGy; then at point a; by hdr brachytherapy; "
               "700 cGy x 4 fractions; total 2800 cGy"},
           Row{"Photon IMRT 50 Gy in 25 to the whole breast, then electron boost to the tumor bed of 10 Gy in 5",
               "Whole breast; photon imrt; 200 cGy x 25 fractions; total 5000 cGy; then to tumor bed; by electron; 200 "
               "cGy x 5 fractions; total 1000 cGy"},
       }) {
    INFO(std::string(row.first));
    CHECK(without_site(row.first) == row.second);
  }
}

TEST_CASE("sites and modalities are read where they are said, and no further") {
  for (const Row& row : {
           Row{"Prostate VMAT 78 Gy in 39", "Prostate; vmat; "},
           Row{"Head and neck: IMRT, 78 Gy in 39 fractions", "Head and neck; imrt; "},
           Row{"Proton therapy to the left breast, 78 Gy in 39 fractions", "Left breast; proton; "},
           Row{"external-beam radiotherapy 78 Gy in 39", "Site not stated; external beam; "},
           Row{"EBRT (photons) 78 Gy in 39", "Site not stated; photon; "},
           Row{"The patient was treated per protocol to 78 Gy in 39", "Site not stated; modality not stated; "},
           Row{"Breast cancer, 78 Gy in 39", "Site not stated; modality not stated; "},
           Row{"Lower extremity - thigh/knee 78 Gy in 39", "Site not stated; modality not stated; "},
           Row{"78 Gy in 39 to the left lung, and chemotherapy", "Left lung; modality not stated; "},
           Row{"Left thing; odd rays; 78 Gy in 39", "Left thing; odd rays; "},
       }) {
    INFO(std::string(row.first));
    CHECK(canonical(row.first) == row.second + std::string("200 cGy x 39 fractions; total 7800 cGy"));
  }
  CHECK(clinical::modality_name("External-Beam Radiotherapy") == "external beam");
  CHECK(clinical::modality_name("EBRT") == "external beam");
  CHECK(clinical::modality_name("external beam, photon") == "external beam, photon");
  for (const char* name : {"external beam", "photon", "electron", "proton", "3d-crt", "imrt", "vmat", "sbrt", "srs",
                           "hdr brachytherapy", "ldr brachytherapy", "brachytherapy", "photon imrt", "proton sbrt"})
    CHECK(clinical::modality_name(name) == name);
  CHECK(clinical::modality_name("  Magnetic  WAND ") == "magnetic wand");
}

TEST_CASE("ambiguous text gives a reason and no value") {
  for (const char* text : {
           "",
           "   ",
           "60",
           "60 Gy",
           "60 Gy over 6 weeks",
           "30 fractions",
           "2 Gy/fx",
           "45 or 50 Gy in 25",
           "45 Gy or 50 Gy in 25",
           "50-54 Gy in 27",
           "50 - 54 Gy in 27",
           "50 to 54 Gy in 27",
           "50 Gy to 54 Gy in 27",
           "50\u201354 Gy in 27",
           "50 Gy in 25-28",
           "50 Gy in 25 to 28 fractions",
           "about 50 Gy in 25",
           "~50 Gy in 25",
           "up to 50 Gy in 25",
           "< 50 Gy in 25",
           "not 50 Gy in 25",
           "45/50 Gy in 25",
           "45, 50 Gy in 25",
           "45 and 50 Gy in 25",
           "50 Gy 45 Gy in 25",
           "50 Gy in 25 30 fractions",
           "50 Gy in 25, 10 Gy in 5",
           "50 Gy in 25 and 10 Gy in 5",
           "50 Gy in 25 followed by boost to 60 Gy in 30",
           "50 Gy in 25 with a boost of 60 Gy in 25",
           "50 Gy in 25 then boost",
           "50 Gy in 25 then 10 Gy",
           "50 Gy in 25 with SIB",
           "SIB 60 Gy in 30",
           "IMRT-SIB 2 Gy x 30, total 60 Gy",
           "50 Gy in 25 with SIB 60 Gy in 30",
           "54 Gy in 30 with concomitant boost 18 Gy in 12",
           "50 Gy in 25 photons and electrons",
           "HDR external beam 50 Gy in 25",
           "50 Gy in 25 then 10 Gy in 5 electrons",
           "50 Gy in 25 electron boost 10 Gy in 5",
           "60 Gy x 30",
           "2 Gy in 30",
           "50 Gy in 2.5 fractions",
           "50 Gy in 0 fractions",
           "50 Gy in 1000 fractions",
           "-50 Gy in 25",
           "5,040 Gy in 28",
           "5.040 cGy in 28",
           "1.2.3 Gy x 4",
           "5000000 cGy x 4",
           "100 mCi",
           "0 Gy in 25",
           "2 Gy x 3 Gy",
           "Gy in 25",
           "50 Gy in 7 Gy fractions",
           "2 Gy x 22 then 2 Gy x 6, total 70 Gy",
           "age 62, 50 Gy in 25, then 12",
           "50 Gy twice in 25",
           "2 Gy per day BID x 30",
           "45 Gy in 25 to the breast, 45 Gy in 25 to the axilla",
           "70/60 Gy in 30 SIB",
       }) {
    INFO(std::string(text));
    CHECK(canonical(text).starts_with("- "));
    CHECK(canonical(text).size() > 4);
  }
}

TEST_CASE("what does not fit together is kept and flagged, what follows is flagged too") {
  const auto off = parse_regimen("Brain; external beam; 200 cGy x 30 fractions; total 6600 cGy");
  REQUIRE(off.value);
  CHECK(off.inconsistent);
  CHECK_FALSE(off.derived);
  CHECK(off.value->phases[0].total_dose_cgy == 6600);
  CHECK(parse_regimen("6000 cGy in 30 fractions at 180 cGy per fraction").inconsistent);
  CHECK(parse_regimen("2.67 Gy x 15, total dose 40 Gy").inconsistent);
  const auto fits = parse_regimen("2 Gy x 30, total 60 Gy");
  CHECK_FALSE(fits.inconsistent);
  CHECK_FALSE(fits.derived);
  const auto derived = parse_regimen("40 Gy in 15");
  CHECK(derived.derived);
  CHECK_FALSE(derived.inconsistent);  // 266.67 cGy is rounded
}

TEST_CASE("what is written is read again, whatever the regimen") {
  core::Random random(20'16);
  std::size_t num_phases = 0, num_wrong = 0;
  for (int i = 0; i < 40'000; ++i) {
    const Regimen regimen = test::random_regimen(random);
    num_phases += regimen.phases.size();
    const std::string text = to_text(regimen);
    const auto read = parse_regimen(text);
    if (read.value == regimen) continue;
    if (++num_wrong > 5) break;
    INFO(std::string(text));
    CAPTURE(read.reason);
    CHECK(canonical(text) == text);
    CHECK(read.value == regimen);
  }
  MESSAGE("40000 regimens, ", num_phases, " phases, not read again: ", num_wrong);
  CHECK(num_wrong == 0);
}

TEST_CASE("the example prescriptions survive in several spellings") {
  std::set<std::tuple<double, int, std::string, std::string>> combinations;
  std::set<std::tuple<std::string, std::string, std::string, std::string, std::string>> recorded;
  for (const auto& record : test::example_cases()) {
    for (const data::Course& course : record.courses) {
      const auto read = data::prescription(course);
      if (!read.value) continue;
      recorded.insert({course.dose, course.dose_unit, course.fractions, course.target_site, course.modality});
      combinations.insert(
          {read.value->total_dose_cgy, read.value->num_fractions, read.value->target, to_string(read.value->modality)});
    }
  }
  std::size_t num_texts = 0, num_survived = 0, num_whole = 0;
  for (const auto& [total, count, target, modality] : combinations) {
    const double fraction = total / count;
    const Regimen regimen{
        .site = target,
        .modality = modality,
        .phases = {{.dose_per_fraction_cgy = fraction, .num_fractions = count, .total_dose_cgy = total}}};
    const std::vector<std::string> texts = test::spellings(regimen);
    bool whole = true;
    for (const std::string& text : texts) {
      ++num_texts;
      const auto read = parse_regimen(text);
      const bool survived = read.value == regimen && !read.inconsistent;
      num_survived += survived;
      if (!survived && whole) MESSAGE("lost: ", text, " (", read.value ? to_text(*read.value) : read.reason, ")");
      whole &= survived;
    }
    num_whole += whole;
  }
  MESSAGE(recorded.size(), " distinct recorded combinations, ", combinations.size(), " in cGy; in all ",
          num_texts / combinations.size(), " spellings: ", num_whole, "; texts: ", num_survived, " of ", num_texts);
  CHECK(static_cast<double>(num_whole) >= 0.99 * static_cast<double>(combinations.size()));
}

TEST_CASE("long garbage is read in no time") {
  core::Random random(7);
  const std::vector<std::string> texts = test::garbage(random);
  const std::clock_t begin = std::clock();
  for (const std::string& text : texts) (void)parse_regimen(text);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  MESSAGE(texts.size(), " texts of 100 kB in ", seconds, " s of processor time");
  CHECK(seconds < 10);
}

TEST_CASE("spellings that have one meaning are read, the others give a reason") {
  for (const test::Spelling& spelling : test::kSpellings) {
    std::string all = canonical(spelling.text);
    for (const std::string none : {"Site not stated; ", "modality not stated; "})
      if (const auto at = all.find(none); at != all.npos) all.erase(at, none.size());
    INFO(std::string(spelling.text));
    CHECK(all == spelling.meaning);
    const auto read = parse_regimen(spelling.text);
    CHECK_FALSE(read.inconsistent);
    if (read.value) CHECK(parse_regimen(to_text(*read.value)).value == read.value);
  }
}

TEST_CASE("whatever is read of pieces in any order can be written and read again") {
  std::vector<std::string> pieces(1);
  for (const char c : std::string("50 Gy|in 25|x 25|2 Gy|/fx|boost|SIB|/|to|a|point|2|and|total|of|5040 cGy|fx|per "
                                  "day|IMRT|,|bid|=|brain|photon|(|then|-|then|10 Gy|in 5|x "
                                  "5|by|daily|fractions|)|;|hdr|to the breast|whole|63|6000/30|@ 180|200 x 30|for 6 "
                                  "weeks|5 days a week|10 Gy boost|rectum|for 10 days|twenty|five|total of|at")) {
    if (c == '|') pieces.emplace_back();
    if (c != '|') pieces.back() += c;
  }
  core::Random random(17);
  std::size_t num_read = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (auto left = 3 + random.below(12); left > 0; --left) text.append(pieces[random.below(pieces.size())]) += ' ';
    const auto read = parse_regimen(text);
    REQUIRE(read.value.has_value() == read.reason.empty());
    if (!read.value) continue;
    ++num_read;
    INFO(std::string(text));
    CAPTURE(to_text(*read.value));
    REQUIRE(parse_regimen(to_text(*read.value)).value == read.value);
  }
  MESSAGE("regimens among 200000 heaps of words: ", num_read);
}
