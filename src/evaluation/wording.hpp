// What the terminal table and the HTML page say in the same words. Private.
#pragma once

#include <string>
#include <vector>

#include "radonc/evaluation/study_result.hpp"

namespace radonc::evaluation {

// Texts hold no-break spaces (U+00A0) where a line must not end.

/// Above this, a test is not taken as evidence.
inline constexpr double kAlpha = 0.05;

/// The task's title, and whether answers were confined: "ICD-10 code, confined to its valid answers".
std::string title_of(const TaskResult& task);

/// "total_dose" → "total dose"
std::string partial_title(const std::string& name);

/// What the study is about: the names of its base models, or "Study".
std::string study_title(const StudyResult& result);

/// The value of the tested score.
const stats::Estimate& tested_value(const TaskResult& task, const ModelMetrics& model);

/// "better" or "worse" for the first model if the corrected test says so; else "no evidence".
std::string verdict(const Comparison& comparison);

/// The comparison of the tested model with that one in the tested score, or nothing.
const Comparison* against(const TaskResult& task, const std::string& model);

/// The baseline with the highest tested score, or nothing without baselines.
const Comparison* strongest_baseline(const TaskResult& task);

/// Whether the test, corrected, says that the tested model is better than the first.
bool is_better(const TaskResult& task);

/// Whether it is, besides, better than always giving the commonest answer, where that was compared: what answers no
/// better than a constant is not called better.
bool is_gain(const TaskResult& task);

/// "exact permutation" or "normal approximation": how the test got its p.
std::string method_of(const stats::WilcoxonResult& test);

/// One sentence on the test against the first model: what was tested, the raw and the corrected p and how they came
/// about, the effect.
std::string test_sentence(const TaskResult& task);

/// "Against “majority” in accuracy: +0.076 [0.021, 0.131], two-sided p = 0.008 (Holm: p = 0.03), …"
std::string comparison_sentence(const Comparison& comparison);

/// All comparisons, that with the strongest baseline first.
std::vector<const Comparison*> ordered_comparisons(const TaskResult& task);

/// What a reader must know before believing the figures, one sentence each; empty if nothing.
std::vector<std::string> cautions(const TaskResult& task);

/// How prompts, the label set, intervals and unparsed answers are to be read.
std::vector<std::string> notes(const StudyResult& result);

}  // namespace radonc::evaluation
