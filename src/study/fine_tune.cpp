#include <fmt/format.h>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/lora/adapter_io.hpp"
#include "radonc/study/stages.hpp"
#include "radonc/text/encode.hpp"
#include "study/arm_rules.hpp"
#include "study/model_in_memory.hpp"
#include "study/settings.hpp"
#include "study/stage_book.hpp"

namespace radonc::study {
namespace {

using Cases = std::vector<std::vector<text::TokenizedPair>>;

/// The training pairs of one task, or of all if `task` is null, by case.
Cases encoded(const Prepared& prepared, const tasks::Task* task, const text::Tokenizer& tokenizer,
              text::PromptTemplate prompt_template, std::int64_t longest) {
  Cases all;
  const std::string name = task ? task->name() : "";
  for (const auto& own : prepared.train) {
    std::vector<text::TokenizedPair> cases;
    for (const tasks::Pair& pair : own) {
      if (task && pair.task != name) continue;
      cases.push_back(text::encode_pair(tokenizer, prompt_template, pair.system, pair.prompt(), pair.answer));
      if (static_cast<std::int64_t>(cases.back().ids.size()) > longest)
        throw Error(fmt::format("Case {}: {} tokens do not fit the model's context of {}.", pair.case_id,
                                cases.back().ids.size(), longest));
    }
    if (!cases.empty()) all.push_back(std::move(cases));
  }
  return all;
}

evaluation::TrainingSummary summary_of(const train::TrainLog& log, const tasks::Task* task) {
  evaluation::TrainingSummary summary{.task = task ? task->title() : "",
                                      .steps = log.steps.size(),
                                      .seconds = log.seconds,
                                      .final_loss = log.steps.back().loss};
  for (const train::TrainStep& step : log.steps) {
    summary.tokens += static_cast<std::size_t>(step.num_represented);
    summary.curve.push_back({static_cast<std::size_t>(step.step), step.loss});
  }
  return summary;
}

}  // namespace

FineTuned fine_tune(const StudyConfig& config, const Prepared& prepared, const Arm& arm, const tasks::Task* task,
                    ModelInMemory& memory, const ProgressCallback& callback) {
  const std::string suffix = file_suffix(arm, task);
  const std::string adapter = "adapter" + suffix, log_file = fmt::format("train_log{}.jsonl", suffix);
  const std::string stage = task ? fmt::format("train {} {}", arm.name, task->name()) : "train " + arm.name;
  std::vector<NamedValue> inputs = memory.inputs_of(arm);
  inputs.emplace_back("pairs", value_of(prepared.files, "pairs.jsonl"));
  for (const NamedValue& setting : training_settings(config.lora, config.train)) inputs.push_back(setting);

  const StageBook book(config.output);
  const std::string shown = task ? fmt::format("train {}", task->name()) : "train";
  if (book.finished(stage, inputs)) {
    if (callback) callback({.stage = shown, .message = fmt::format("{} is there: it is used again", adapter)});
    return {config.output / adapter, summary_of(train::read_log(config.output / log_file), task)};
  }
  model::Transformer& model = memory.plain(arm);
  const Cases cases = encoded(prepared, task, *memory.tokenizer_of(arm), memory.template_of(arm),
                              model::longest_sequence(model.config()));
  lora::Adapter trained = lora::inject(model, config.lora);
  std::string lines;
  const train::TrainLog log = train::fit(model, trained, cases, config.train, [&](const train::TrainStep& step) {
    lines += train::to_json(step) + "\n";
    if (callback) callback({.stage = shown, .done = step.step, .total = step.num_steps, .step = step});
  });
  lora::save_adapter(trained, config.output / adapter, memory.name_of(arm));
  core::write_file_atomically(config.output / log_file, lines);
  book.finish({.stage = stage, .inputs = inputs},
              {adapter + "/adapter_config.json", adapter + "/adapter_model.safetensors", log_file});
  return {config.output / adapter, summary_of(log, task)};
}

}  // namespace radonc::study
