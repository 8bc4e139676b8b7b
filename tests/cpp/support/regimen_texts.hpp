// Regimens as clinical::to_text() can write them, and texts for clinical::parse_regimen().
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <vector>

#include "radonc/clinical/regimen.hpp"
#include "radonc/core/random.hpp"

namespace radonc::test {

/// Of one to four phases of all kinds, with strings that look like parts of a sentence, and totals that need not fit.
inline clinical::Regimen random_regimen(core::Random& random) {
  const auto below = [&](std::uint64_t n) { return static_cast<int>(random.below(n)); };
  const auto pick = [&](std::initializer_list<const char*> words) {
    return std::string(words.begin()[static_cast<std::size_t>(below(words.size()))]);
  };
  const auto site = [&] {
    return pick({"", "brain", "tumor bed", "head and neck, level 2 nodes", "thigh/knee (c49.2) - 3d", "then x 28",
                 "by the way, 1 or 2", "total of 30 fractions", "bruststück", "point a"});
  };
  const auto modality = [&] {
    return pick(
        {"", "external beam", "photon", "electron", "proton imrt", "hdr brachytherapy", "3d-crt", "odd rays 2"});
  };
  clinical::Regimen regimen{.site = site(), .modality = modality()};
  for (int left = 1 + below(4); left > 0; --left) {
    clinical::Phase phase{.kind = static_cast<clinical::PhaseKind>(below(3)), .target = site(), .modality = modality()};
    phase.num_fractions = below(10) == 0 ? 1 + below(999) : 1 + below(40);
    phase.fractions_per_day = below(3) == 0 ? 1 + below(9) : 1;
    phase.dose_per_fraction_cgy = (1 + below(2) * below(400'000)) / (below(2) == 0 ? 100.0 : 2.0) + 1;
    phase.total_dose_cgy = std::min(phase.dose_per_fraction_cgy * phase.num_fractions, 999'999.0);
    if (below(4) == 0) phase.total_dose_cgy = (1 + below(9'999'999)) / 100.0;  // it says something else
    phase.total_dose_cgy = std::round(phase.total_dose_cgy * 100) / 100;
    phase.dose_per_fraction_cgy = std::round(phase.dose_per_fraction_cgy * 100) / 100;
    if (regimen.phases.empty() && phase.kind == clinical::PhaseKind::kSimultaneous)
      phase.kind = clinical::PhaseKind::kSequential;
    if (phase.kind == clinical::PhaseKind::kSimultaneous) {
      phase.num_fractions = regimen.phases.back().num_fractions;
      phase.fractions_per_day = regimen.phases.back().fractions_per_day;
    }
    if (phase.modality == regimen.modality) phase.modality.clear();
    regimen.phases.push_back(phase);
  }
  return regimen;
}

/// What clinicians write for a regimen of one phase.
inline std::vector<std::string> spellings(const clinical::Regimen& regimen) {
  const std::string& modality = regimen.modality;
  const std::string& target = regimen.site;
  const double total = regimen.phases[0].total_dose_cgy, fraction = regimen.phases[0].dose_per_fraction_cgy,
               total_gy = total / 100;
  const int count = regimen.phases[0].num_fractions;
  const std::string gy = fmt::format("{:.10g}", fraction / 100);
  std::string comma = fmt::format("{:.10g}", total / 100);
  if (const auto point = comma.find('.'); point != comma.npos) comma[point] = ',';
  return {clinical::to_text(regimen),
          fmt::format("{}; {}; {:.10g} Gy in {} fractions", target, modality, total_gy, count),
          fmt::format("{} to {}, {:.10g} Gy/{} fx", modality, target, total_gy, count),
          fmt::format("{}, {}: {:.10g}cGy/{}fx", target, modality, total, count),
          fmt::format("{}; {}; {} fractions of {:.10g} cGy", target, modality, count, fraction),
          fmt::format("{} {} {} Gy x {} = {:.10g} Gy", target, modality, gy, count, total_gy),
          fmt::format("{} to the {}: {} Gy \u00d7 {}", modality, target, gy, count),
          fmt::format("{}; {}; {:.10g} Gy ({} Gy/fraction) in {}", target, modality, total_gy, gy, count),
          fmt::format("{} {:.10g} Gy in {} Gy fractions to the {}", modality, total_gy, gy, target),
          fmt::format("{} to {}: {} Gy daily to a total dose of {} Gy", modality, target, gy, comma)};
}

/// Texts of 100 kB that are hard to read fast, if at all.
inline std::vector<std::string> garbage(core::Random& random) {
  std::vector<std::string> texts;
  for (const char* piece : {"2 Gy ",
                            "2 Gy x ",
                            "2 Gy x 5 then ",
                            "/",
                            "63/",
                            "then ",
                            "boost ",
                            "to ",
                            "to the breast ",
                            "sib 1/",
                            ";",
                            "; ",
                            "a;b;2 gy x 3;",
                            "-",
                            "1-",
                            "9",
                            "9,",
                            "1.",
                            "\xff",
                            "\u00d7",
                            "fractions ",
                            "a",
                            "a1-",
                            "bid ",
                            "5 fractions of ",
                            "x",
                            "*",
                            "head and ",
                            "breast, ",
                            "(",
                            "total ",
                            "= ",
                            "then to a;"}) {
    std::string text;
    while (text.size() < 100'000) text += piece;
    texts.push_back(text);
    texts.push_back("50 Gy in 25 " + text);
    texts.push_back("a; b; 2 Gy x 5; " + text);
  }
  for (int i = 0; i < 40; ++i) {
    std::string text;
    while (text.size() < 100'000) text.push_back(static_cast<char>(random.below(256)));
    texts.push_back(text);
  }
  return texts;
}

}  // namespace radonc::test
