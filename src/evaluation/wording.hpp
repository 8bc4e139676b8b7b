// What the terminal table and the HTML page say in the same words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "radonc/evaluation/study_result.hpp"

namespace radonc::evaluation {

/// Above this, a test is not taken as evidence.
inline constexpr double kAlpha = 0.05;

/// "Regimen", "Modality", "ICD-10 code"; another task's name as it is.
std::string task_title(const std::string& task);

/// "total_dose" → "total dose match"
std::string partial_title(const std::string& name);

// Texts hold no-break spaces (U+00A0) where a line must not end.

/// Whether the test, corrected, says that the fine-tuned model is better.
bool is_better(const TaskResult& task);

/// One sentence on the test: what was tested, the raw and the corrected p, the effect.
std::string test_sentence(const TaskResult& task);

/// "Against majority in accuracy: +0.076 [0.021, 0.131], two-sided p = 0.008 (Holm: p = 0.03)."
std::string comparison_sentence(const Comparison& comparison);

/// "better" or "worse" for the first model if the corrected test says so; else "no evidence".
std::string verdict(const Comparison& comparison);

/// What a reader must know before believing the figures, one sentence each; empty if nothing.
std::vector<std::string> cautions(const TaskResult& task);

/// How the label set, intervals and unparsed answers are to be read.
std::vector<std::string> notes(const StudyResult& result);

}  // namespace radonc::evaluation
