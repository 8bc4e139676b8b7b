// Settings by name, as a report shows them and a stage's record compares them. Private.
#pragma once

#include <vector>

#include "radonc/study/study.hpp"
#include "study/stage_book.hpp"

namespace radonc::study {

/// Of an adapter and its training; all fields of both structs.
std::vector<NamedValue> training_settings(const lora::LoraConfig& lora, const train::TrainConfig& train);

/// Of decoding.
std::vector<NamedValue> decoding_settings(const generate::GenerateConfig& config);

/// Of the study as a whole.
std::vector<NamedValue> study_settings(const StudyConfig& config);

/// radonc, torch, the device and its threads.
std::vector<NamedValue> environment(const StudyConfig& config);

/// The process's largest resident size so far.
double peak_memory_bytes();

}  // namespace radonc::study
