#include "radonc/clinical/regimen_grammar.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <string_view>

#include "radonc/clinical/dose.hpp"
#include "radonc/clinical/regimen.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"
#include "radonc/data/course.hpp"

using namespace radonc;
using clinical::RegimenGrammar;

namespace {

const clinical::RegimenGrammarConfig kTwoPhases = {.sites = {"Brain", "brain, regional site", "brainstem", ""},
                                                   .modalities = {"EBRT", "photon", "hdr brachytherapy"},
                                                   .max_phases = 3,
                                                   .targets = {"tumor bed", "tumor"},
                                                   .points = {"point a", ""},
                                                   .max_fractions_per_day = 3};

/// A text whose bytes were each drawn among those that may follow.
std::string random_text(const RegimenGrammar& grammar, core::Random& random) {
  constexpr std::string_view kBytes = "abcdefghijklmnopqrstuvwxyzBGSy0123456789 ;,.";
  std::string text;
  for (auto state = grammar.start();;) {
    std::vector<std::pair<char, core::Grammar::State>> next;
    for (const char byte : kBytes)
      if (const auto after = grammar.next(state, byte)) next.emplace_back(byte, *after);
    if (grammar.may_end(state) && (next.empty() || random.below(3) == 0)) return text;
    REQUIRE_FALSE(next.empty());
    const auto& [byte, after] = next[random.below(next.size())];
    text += byte;
    state = after;
  }
}

}  // namespace

TEST_CASE("whatever the grammar allows is read, consistent, plausible and canonical") {
  const RegimenGrammar grammar(kTwoPhases);
  core::Random random(5);
  std::set<std::size_t> num_phases;
  std::set<clinical::PhaseKind> kinds;
  std::size_t longest = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string text = random_text(grammar, random);
    INFO(text);
    longest = std::max(longest, text.size());
    REQUIRE(grammar.accepts(text));
    const auto read = clinical::parse_regimen(text);
    REQUIRE(read.value);
    REQUIRE_FALSE(read.inconsistent);
    REQUIRE_FALSE(read.derived);
    REQUIRE(to_text(*read.value) == text);
    num_phases.insert(read.value->phases.size());
    for (const clinical::Phase& phase : read.value->phases) {
      kinds.insert(phase.kind);
      REQUIRE(phase.dose_per_fraction_cgy * phase.num_fractions == phase.total_dose_cgy);
      REQUIRE(phase.dose_per_fraction_cgy >= 80);
      REQUIRE(phase.dose_per_fraction_cgy <= 3400);
      REQUIRE(phase.num_fractions <= 100);
      REQUIRE(phase.total_dose_cgy <= 15'000);
    }
  }
  CHECK(num_phases == std::set<std::size_t>{1, 2, 3});
  CHECK(kinds.size() == 3);
  CHECK(static_cast<std::int64_t>(longest) <= grammar.longest());
}

TEST_CASE("every plausible dose and number of fractions is in the grammar, and no other") {
  const RegimenGrammar grammar({.sites = {"brain"}, .modalities = {"photon"}});
  std::size_t num_accepted = 0;
  for (int halves = 2; halves < 7200; halves = halves < 400 || halves > 6700 ? halves + 1 : halves + 37) {
    for (const int count : {0, 1, 2, 9, 10, 28, 30, 99, 100, 101, 110}) {
      const double dose = halves / 2.0, total = dose * count;
      const bool plausible = dose >= 80 && dose <= 3400 && count >= 1 && count <= 100 && total <= 15'000;
      const std::string text = fmt::format("Brain; photon; {} cGy x {} fractions; total {} cGy", dose, count, total);
      INFO(text);
      REQUIRE(grammar.accepts(text) == plausible);
      num_accepted += plausible;
    }
  }
  CHECK(num_accepted > 1000);
}

TEST_CASE("what is inconsistent or not canonical is not in the grammar") {
  const RegimenGrammar grammar(kTwoPhases);
  const std::string one = "Brain; photon; 200 cGy x 30 fractions; total 6000 cGy";
  for (const std::string& text :
       {one, one + "; then to tumor bed; by external beam; 180 cGy x 5 fractions; total 900 cGy",
        one + "; with simultaneous to tumor; 210 cGy x 30 fractions; total 6300 cGy",
        one +
            "; then 150 cGy x 4 fractions twice a day; total 600 cGy; with simultaneous 100 cGy x 4 fractions twice a "
            "day; total 400 cGy",
        one + "; then at point a; by hdr brachytherapy; 700 cGy x 4 fractions; total 2800 cGy",
        std::string("Brain, regional site; external beam; at a point; 266.5 cGy x 16 fractions; total 4264 cGy"),
        std::string("Site not stated; photon; 150 cGy x 30 fractions 3 times a day; total 4500 cGy")}) {
    INFO(text);
    CHECK(grammar.accepts(text));
    CHECK(to_text(clinical::parse_regimen(text).value.value()) == text);
  }
  for (const std::string& text :
       {std::string(),
        one + " ",
        one + ";",
        one + "; then",
        fmt::format("b{}", one.substr(1)),
        one.substr(0, one.size() - 1),
        std::string("Brain; photon; 200 cGy x 30 fractions; total 6600 cGy"),
        std::string("Brain; photon; 200.0 cGy x 30 fractions; total 6000 cGy"),
        std::string("Brain; photon; 0200 cGy x 30 fractions; total 6000 cGy"),
        std::string("Brain; photon; 200 cGy x 030 fractions; total 6000 cGy"),
        std::string("Brain; photon; 266.7 cGy x 10 fractions; total 2667 cGy"),
        std::string("Brain; photon; 2 Gy x 30 fractions; total 60 Gy"),
        std::string("Breast; photon; 200 cGy x 30 fractions; total 6000 cGy"),
        std::string("Brain; proton; 200 cGy x 30 fractions; total 6000 cGy"),
        std::string("Brain; photon; 150 cGy x 30 fractions 4 times a day; total 4500 cGy"),
        one + "; then by photon; 180 cGy x 5 fractions; total 900 cGy",
        one + "; with simultaneous 210 cGy x 28 fractions; total 5880 cGy",
        one + "; with simultaneous 150 cGy x 30 fractions twice a day; total 4500 cGy",
        one + "; with simultaneous at point a; 210 cGy x 30 fractions; total 6300 cGy",
        one +
            "; then 200 cGy x 5 fractions; total 1000 cGy; then 200 cGy x 5 fractions; total 1000 cGy; then 200 cGy x "
            "5 fractions; total 1000 cGy"}) {
    INFO(text);
    CHECK_FALSE(grammar.accepts(text));
  }
}

TEST_CASE("what cannot stand in the sentence is an error that names its place, and not its text") {
  const auto message = [](const clinical::RegimenGrammarConfig& config) {
    try {
      const RegimenGrammar grammar(config);
      return std::string();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  CHECK(message({}).find("at least one of sites and of modalities, got 0 and 0") != std::string::npos);
  CHECK(message({.sites = {"brain"}, .modalities = {"photon"}, .max_phases = 0}).find("max_phases") !=
        std::string::npos);
  for (const char* bad : {"5 gy to it", "5 gy; 3"}) {
    const std::string said = message({.sites = {"brain", bad}, .modalities = {"photon"}});
    INFO(said);
    CHECK(said.find("sites[1] cannot stand") != std::string::npos);
    CHECK(said.find(bad) == std::string::npos);
  }
  CHECK(message({.sites = {"brain"}, .modalities = {"photon", "5 gy"}}).find("modalities[1]") != std::string::npos);
  CHECK(message({.sites = {"brain"}, .modalities = {"photon"}, .targets = {""}}).find("targets[0]") !=
        std::string::npos);
  CHECK(message({.sites = {"brain"}, .modalities = {"photon"}, .points = {"5 gy"}}).find("points[0]") !=
        std::string::npos);
}
