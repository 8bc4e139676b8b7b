// A small study with every field set, for tests of the report.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "radonc/core/random.hpp"
#include "radonc/evaluation/evaluate.hpp"
#include "radonc/evaluation/study_result.hpp"
#include "radonc/tasks/baselines.hpp"
#include "radonc/tasks/study_tasks.hpp"

namespace radonc::test {

/// Scores of n cases, two a patient, right with probability `skill` and unparsed with probability 0.1 (1 - skill).
inline std::vector<tasks::Score> sample_scores(const std::string& task, const std::string& model, std::size_t n,
                                               const std::vector<std::string>& labels, double skill,
                                               std::uint64_t seed) {
  core::Random references(1), random(seed);
  std::vector<tasks::Score> scores;
  for (std::size_t i = 0; i < n; ++i) {
    tasks::Score score;
    score.case_id = fmt::format("case-{:04}", i);
    score.patient_id = fmt::format("patient-{:04}", i / 2);
    score.task = task;
    score.title = task == "regimen" ? "Regimen" : task == "modality" ? "Modality" : "ICD-10 code";
    score.has_classes = task != "regimen";
    score.model = model;
    score.reference = labels[references.below(references.below(labels.size()) + 1)];
    score.parsed = random.uniform() >= 0.1 * (1 - skill);
    const std::string guess = random.uniform() < skill ? score.reference : labels[random.below(labels.size())];
    if (score.parsed) score.prediction = guess;
    score.correct = score.prediction == score.reference ? 1 : 0;
    score.rouge1 = metrics::rouge_n(score.reference, score.parsed ? score.prediction : "I cannot say");
    if (task == "regimen") score.partial = {{"total_dose", score.correct}, {"target", score.parsed ? 1.0 : 0.0}};
    if (task == "regimen" && score.parsed) score.quantities = tasks::regimen_task()->quantities(guess, score.reference);
    if (task == "icd10") score.partial = {{"category", score.parsed ? 1.0 : 0.0}};
    if (model != tasks::kMajority) score.probability = 0.2 + 0.3 * random.uniform() + 0.5 * score.correct;
    score.subgroups = {{"sex", i % 3 == 0 ? "male" : "female"},
                       {"site", i < 9   ? "larynx"
                                : i % 2 ? "brain"
                                        : "breast"}};
    scores.push_back(score);
  }
  return scores;
}

/// The same cases, each answered with `label`.
inline std::vector<tasks::Score> sample_majority(const std::string& task, std::size_t n,
                                                 const std::vector<std::string>& labels) {
  auto scores = sample_scores(task, tasks::kMajority, n, labels, 0, 6);
  for (tasks::Score& score : scores) {
    score.parsed = true;
    score.prediction = labels[0];
    score.correct = score.reference == labels[0] ? 1 : 0;
    score.rouge1 = metrics::rouge_n(score.reference, labels[0]);
  }
  return scores;
}

inline evaluation::StudyResult sample_study() {
  const std::vector<std::string> regimens = {
      "External beam to the primary tumor field: 200 cGy x 30 fractions, total 6000 cGy",
      "External beam to the regional site: 180 cGy x 25 fractions, total 4500 cGy",
      "Brachytherapy to the primary tumor field: 700 cGy x 3 fractions, total 2100 cGy"};
  const std::vector<std::string> modalities = {"external beam", "brachytherapy", "radionuclide"};
  std::vector<std::string> codes;
  for (int i = 0; i < 30; ++i) codes.push_back(fmt::format("C{}.{}", 15 + 2 * i, i % 10));
  evaluation::StudyResult study;
  const std::string model = "SmolLM2-135M-Instruct", digest(64, 'c'), other(64, 'd');
  study.arms = {
      {"original", model, model, digest, {{"type of the weights", "float32"}}, {}, {{"model/m.gguf", digest}}},
      {"fine-tuned", model + ", LoRA trained on all tasks", model, digest, {{"lora rank", "8"}}, {}, {}},
      {"three examples in the prompt", model + ", 3 examples in the prompt", model, other, {}, {}, {}}};
  study.left_out = {"Technique (technique) is not studied: no training case has a complete answer."};
  std::vector<tasks::Score> scores;
  const auto add = [&](const std::string& task, const std::vector<std::string>& labels, double before, double after) {
    const auto append = [&](const std::vector<tasks::Score>& more) {
      scores.insert(scores.end(), more.begin(), more.end());
    };
    append(sample_scores(task, "original", 240, labels, before, 2));
    append(sample_scores(task, "fine-tuned", 240, labels, after, 3));
    append(sample_scores(task, "three examples in the prompt", 240, labels, (before + after) / 2, 4));
    append(sample_majority(task, 240, labels));
    append(sample_scores(task, tasks::kNearestCase, 240, labels, after - 0.1, 5));
    study.label_sets[task] = labels;
    study.prompts.push_back({task, scores.back().title, "You answer questions on radiation oncology records.",
                             "Which is it? Answer with <one> of: " + labels[0] + " & others.",
                             "An answer is right if it is the reference."});
  };
  add("regimen", regimens, 0.05, 0.6);
  add("modality", modalities, 0.3, 0.85);
  add("icd10", codes, 0.1, 0.55);
  study.tasks = evaluation::evaluate(scores);
  for (evaluation::TaskResult& task : study.tasks) task.num_train = 1204;
  study.flow = {{"records read", 0, 2287}, {"one diagnostic record", 40, 2247}, {"one primary course", 740, 1507}};
  study.split = {{"train", 1204, 1180}, {"validation", 63, 60}, {"test", 240, 120}};
  study.settings = {{"seed of the split", "0"}, {"learning rate", "0.0004"}, {"temperature", "0 (greedy)"}};
  study.arms[1].training = {{"", 300, 412345, 251.5, 0.41, {}}};
  for (std::size_t step = 1; step <= 300; step += 3)
    study.arms[1].training[0].curve.push_back({step, 0.4 + 2.6 / (1 + 0.08 * static_cast<double>(step))});
  study.files = {{"records", std::string(64, 'a')}, {"scores.jsonl", std::string(64, 'b')}};
  study.environment = {{"radonc", "0.1.0"}, {"processor", "2 cores"}};
  study.examples = {
      {"case-0001",
       "modality",
       "Modality",
       "external beam",
       {{"original", "The patient <b>should</b> be\ntreated & cured"}, {"fine-tuned", "external beam"}}},
      {"case-0002", "icd10", "ICD-10 code", "C50.9", {{"original", "\"breast\""}, {"fine-tuned", "C50.9"}}}};
  study.peak_memory_bytes = 2.1e9;
  study.wall_seconds = 512;
  return study;
}

/// The same, with averages and a class (the commonest) whose figures all differ: which is shown where can be read off.
inline evaluation::StudyResult study_with_known_averages() {
  auto study = sample_study();
  evaluation::TaskResult& modality = study.tasks[1];
  modality.models[0].macro = {.precision = 0.111, .recall = 0.222, .f1 = 0.333};
  modality.models[0].weighted = {.precision = 0.444, .recall = 0.555, .f1 = 0.666};
  modality.models[1].macro = {.precision = 0.112, .recall = 0.223, .f1 = 0.334};
  modality.models[1].weighted = {.precision = 0.445, .recall = 0.556, .f1 = 0.667};
  int hundreds = 100;
  for (evaluation::ModelMetrics* model : {&modality.models[0], &modality.models[1]}) {
    const auto figure = [&](int more) { return (hundreds + more) / 1000.0; };
    model->rouge1_precision = figure(7);
    model->rouge1_recall = figure(8);
    metrics::ClassMetrics& commonest = model->classes[1];
    commonest = {"external beam", figure(1), figure(2), figure(3), 200};
    hundreds += 100;
  }
  return study;
}

}  // namespace radonc::test
