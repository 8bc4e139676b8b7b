#include "study/summary.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <torch/version.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/file.hpp"
#include "radonc/core/sha256.hpp"
#include "radonc/data/course.hpp"
#include "radonc/tasks/study_tasks.hpp"

namespace radonc::study {
namespace {

/// Why cases have no complete answer for a task: reason → number. The regimen's reasons are the prescription's.
std::map<std::string, std::size_t> missing_reasons(const data::Cohort& cohort, const tasks::Task& task) {
  std::map<std::string, std::size_t> reasons;
  for (const data::CaseRecord& record : cohort.cases) {
    if (task.reference(record)) continue;
    std::string reason = "code missing or not well formed";
    if (task.name() == "regimen") reason = data::prescription(record.courses[0]).reason;
    if (task.name() == "modality") reason = data::recorded_modality(record.courses[0]).reason;
    ++reasons[reason.empty() ? "site missing" : reason];
  }
  return reasons;
}

/// Complete regimens whose recorded dose unit was impossible or missing, see data::Prescription.
std::size_t count_unit_corrected(const data::Cohort& cohort) {
  return static_cast<std::size_t>(std::count_if(cohort.cases.begin(), cohort.cases.end(), [](const auto& record) {
    const auto read = data::prescription(record.courses[0]);
    return read.value && read.value->unit_corrected;
  }));
}

std::size_t count_complete(const std::vector<data::CaseRecord>& cases, const tasks::Task& task) {
  return static_cast<std::size_t>(std::count_if(
      cases.begin(), cases.end(), [&](const auto& record) { return task.reference(record).has_value(); }));
}

std::size_t count_patients(const std::vector<data::CaseRecord>& cases) {
  std::set<std::string> patients;
  for (const data::CaseRecord& record : cases) patients.insert(record.patient_id);
  return patients.size();
}

std::map<std::string, std::size_t> label_counts(const data::Cohort& cohort, const tasks::Task& task) {
  std::map<std::string, std::size_t> counts;
  for (const data::CaseRecord& record : cohort.cases)
    if (const auto label = task.reference(record)) ++counts[*label];
  return counts;
}

}  // namespace

std::string flow_json(const data::Cohort& cohort, const TaskList& tasks) {
  nlohmann::ordered_json content = {{"records", cohort.flow.records}, {"steps", nlohmann::ordered_json::array()}};
  for (const data::FlowStep& step : cohort.flow.steps)
    content["steps"].push_back({{"rule", step.rule}, {"dropped", step.dropped}, {"left", step.left}});
  for (const auto& task : tasks) {
    content["tasks"][task->name()] = {{"complete", count_complete(cohort.cases, *task)},
                                      {"incomplete", missing_reasons(cohort, *task)}};
    if (task->name() == "regimen") content["tasks"]["regimen"]["unit_corrected"] = count_unit_corrected(cohort);
  }
  return content.dump(1) + "\n";
}

std::string cohort_text(const data::Cohort& cohort, const data::Split& split, const TaskList& tasks) {
  std::string text = cohort.flow.to_text() + "\n";
  for (const auto& task : tasks) {
    text += fmt::format("{}: {} cases with a complete answer ({} to train on, {} held out)\n", task->name(),
                        count_complete(cohort.cases, *task), count_complete(split.train, *task),
                        count_complete(split.test, *task));
    for (const auto& [reason, count] : missing_reasons(cohort, *task))
      text += fmt::format("    {:>5}  {}\n", count, reason);
    if (task->name() == "regimen")
      text +=
          fmt::format("    {:>5}  of the complete ones with the dose unit corrected\n", count_unit_corrected(cohort));
    if (task->name() == "modality") {
      for (const auto& [label, count] : label_counts(cohort, *task))
        text += fmt::format("    {:>5}  is {}\n", count, label);
    }
  }
  text += fmt::format(
      "split by patient: {} training and {} held-out cases; {} training cases have the same details as a "
      "held-out case\n",
      split.train.size(), split.test.size(), split.num_duplicate_details);
  return text;
}

void describe_cohort(const data::Cohort& cohort, const data::Split& split, const TaskList& tasks,
                     evaluation::StudyResult& result) {
  result.flow.push_back({"records", 0, cohort.flow.records});
  for (const data::FlowStep& step : cohort.flow.steps) result.flow.push_back({step.rule, step.dropped, step.left});
  result.split = {{"train", split.train.size(), count_patients(split.train)},
                  {"test", split.test.size(), count_patients(split.test)}};
  for (const auto& task : tasks) {
    if (task->name() != "regimen")
      for (const auto& [label, unused] : label_counts(cohort, *task)) result.label_sets[task->name()].push_back(label);
    const auto complete = std::find_if(cohort.cases.begin(), cohort.cases.end(),
                                       [&](const auto& record) { return task->reference(record).has_value(); });
    const tasks::Pair pair = task->build_pair(*complete);
    result.prompts.push_back({task->name(), pair.system, pair.question});
  }
}

void describe_settings(const StudyConfig& config, const model::Transformer& model, text::PromptTemplate prompt_template,
                       evaluation::StudyResult& result) {
  const auto add = [&](const char* name, const auto& value) {
    result.settings.emplace_back(name, fmt::format("{}", value));
  };
  add("parameters of the model", model.num_parameters());
  add("type of the weights", model::dtype_name(model.dtype()));
  if (config.quantization == model::Quantization::kNf4) add("quantised layers", "NF4 with double quantisation");
  if (config.quantization == model::Quantization::kInt8) add("quantised layers", "int8, products too");
  add("fingerprint of the weights", model.fingerprint());
  add("prompt format", to_string(prompt_template));
  add("LoRA rank", config.lora.rank);
  add("LoRA alpha", config.lora.alpha);
  add("LoRA dropout", config.lora.dropout);
  add("LoRA target modules", fmt::format("{}", fmt::join(config.lora.target_modules, ", ")));
  add("epochs", config.train.num_epochs);
  add("cases per step", config.train.cases_per_step);
  add("learning rate (peak)", config.train.learning_rate);
  add("warm-up", config.train.warmup_ratio);
  add("weight decay", config.train.weight_decay);
  add("gradient clipping", config.train.max_grad_norm);
  add("decoding", "greedy (temperature 0)");
  add("maximum new tokens", config.generate.max_new_tokens);
  add("seed of the split", config.seed);
  add("seed of the training", config.train.seed);
  add("seed of the adapter", config.lora.seed);
  result.environment = {{"radonc", "0.1.0"},
                        {"torch", TORCH_VERSION},
                        {"device", config.device},
                        {"threads", fmt::format("{}", at::get_num_threads())}};
}

void describe_training(const std::string& model, const train::TrainLog& log, evaluation::StudyResult& result) {
  evaluation::TrainingSummary summary{
      .model = model, .steps = log.steps.size(), .seconds = log.seconds, .final_loss = log.steps.back().loss};
  for (const train::TrainStep& step : log.steps) {
    summary.tokens += static_cast<std::size_t>(step.num_represented);
    summary.curve.push_back({static_cast<std::size_t>(step.step), step.loss});
  }
  result.training.push_back(std::move(summary));
}

void describe_examples(const std::vector<tasks::Pair>& pairs, const std::vector<tasks::Prediction>& predictions,
                       const std::vector<Arm>& arms, evaluation::StudyResult& result) {
  constexpr int kExamplesPerTask = 3;
  std::map<std::string, int> shown;
  for (const tasks::Pair& pair : pairs) {
    if (shown[pair.task]++ >= kExamplesPerTask) continue;
    evaluation::Example example{.case_id = pair.case_id, .task = pair.task, .reference = pair.answer};
    for (const Arm& arm : arms)
      for (const tasks::Prediction& prediction : predictions)
        if (prediction.case_id == pair.case_id && prediction.task == pair.task && prediction.model == arm.name)
          example.answers.emplace_back(arm.name, prediction.text);
    result.examples.push_back(std::move(example));
  }
}

void describe_files(const StudyConfig& config, evaluation::StudyResult& result) {
  result.files.emplace_back("records", core::sha256_hex(core::read_file(config.records)));
  for (const char* name : {"cohort.jsonl", "split.json", "pairs.jsonl", "adapter/adapter_model.safetensors",
                           "predictions.jsonl", "scores.jsonl"})
    if (std::filesystem::exists(config.output / name))
      result.files.emplace_back(name, core::sha256_hex(core::read_file(config.output / name)));
}

double peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

}  // namespace radonc::study
