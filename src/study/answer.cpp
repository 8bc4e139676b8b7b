#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "radonc/core/error.hpp"
#include "radonc/core/sha256.hpp"
#include "radonc/generate/token_grammar.hpp"
#include "radonc/generate/token_trie.hpp"
#include "radonc/study/stages.hpp"
#include "radonc/tasks/few_shot.hpp"
#include "radonc/tasks/pair_io.hpp"
#include "study/arm_rules.hpp"
#include "study/model_in_memory.hpp"
#include "study/settings.hpp"
#include "study/stage_book.hpp"

namespace radonc::study {
namespace {

/// What is asked in one go.
struct Questions {
  std::string stage;  // of the record
  std::string shown;  // of the progress
  tasks::Allowed allowed = tasks::Allowed::kAnyText;
  const tasks::Task* task = nullptr;  // null: of several tasks
  std::filesystem::path adapter;      // empty: none
  std::vector<tasks::Pair> pairs;
  std::vector<generate::Prompt> prompts;
};

std::string prompts_digest(const std::vector<generate::Prompt>& prompts) {
  std::string all;
  for (const auto& [system, user] : prompts) all += system + '\0' + user + '\0';
  return core::sha256_hex(all);
}

/// The free questions of the arm: all at once, or task by task where the adapter or the examples are a task's own.
std::vector<Questions> free_questions(const StudyConfig& config, const Prepared& prepared, const Arm& arm) {
  std::vector<Questions> all;
  const auto add = [&](const tasks::Task* task) {
    Questions asked{.stage = task ? fmt::format("answer {} {}", arm.name, task->name()) : "answer " + arm.name,
                    .shown = arm.name,
                    .task = task,
                    .pairs = task ? prepared.test_of(*task) : prepared.test};
    std::vector<tasks::Pair> examples;
    if (arm.num_examples > 0)
      examples =
          tasks::draw_examples(prepared.train_of(*task), static_cast<std::size_t>(arm.num_examples), config.seed);
    for (const tasks::Pair& pair : asked.pairs)
      asked.prompts.push_back({pair.system, tasks::few_shot_prompt(examples, pair)});
    all.push_back(std::move(asked));
  };
  if (arm.training == Training::kEachTask || arm.num_examples > 0)
    for (const auto& task : prepared.tasks) add(task.get());
  else
    add(nullptr);
  return all;
}

/// The same questions of one task, to be answered with its valid answers alone.
Questions confined(const Questions& free, const Arm& arm, const tasks::Task& task) {
  Questions asked{.stage = fmt::format("answer {} {} confined", arm.name, task.name()),
                  .shown = fmt::format("{}, {} among its valid answers", arm.name, task.name()),
                  .allowed = tasks::Allowed::kValidAnswers,
                  .task = &task,
                  .adapter = free.adapter};
  for (std::size_t i = 0; i < free.pairs.size(); ++i) {
    if (free.pairs[i].task != task.name()) continue;
    asked.pairs.push_back(free.pairs[i]);
    asked.prompts.push_back(free.prompts[i]);
  }
  return asked;
}

bool has_valid_answers(const tasks::Task& task) {
  return task.grammar() || !task.valid_answers().empty();
}

std::shared_ptr<const generate::AnswerSet> answers_of(const tasks::Task& task,
                                                      const std::shared_ptr<const text::Tokenizer>& tokenizer,
                                                      text::PromptTemplate prompt_template) {
  if (const auto grammar = task.grammar())
    return std::make_shared<const generate::TokenGrammar>(tokenizer, prompt_template, grammar);
  return std::make_shared<const generate::TokenTrie>(*tokenizer, prompt_template, task.valid_answers());
}

const tasks::Task& task_named(const tasks::TaskList& all, const std::string& name) {
  return **std::ranges::find_if(all, [&](const auto& task) { return task->name() == name; });
}

/// Answers the questions, or finds them answered. `facts` are told of the model.
std::vector<tasks::Prediction> ask(const StudyConfig& config, const Prepared& prepared, const Arm& arm,
                                   const Questions& asked, ModelInMemory& memory, std::vector<NamedValue>& facts,
                                   const ProgressCallback& callback) {
  std::vector<NamedValue> inputs = memory.inputs_of(arm);
  inputs.emplace_back("pairs", value_of(prepared.files, "pairs.jsonl"));
  inputs.emplace_back("prompts", prompts_digest(asked.prompts));
  inputs.emplace_back("adapter", asked.adapter.empty() ? "" : digest_of(hashed_files(asked.adapter, "")));
  inputs.emplace_back("allowed answers", tasks::to_string(asked.allowed));
  for (const NamedValue& setting : decoding_settings(config.generate)) inputs.push_back(setting);

  const StageBook book(config.output);
  const std::string file = fmt::format("answers/{}.jsonl", file_name_of(asked.stage.substr(sizeof("answer"))));
  if (const auto record = book.finished(asked.stage, inputs)) {
    facts = record->facts;
    if (callback)
      callback({.stage = asked.shown,
                .message = fmt::format("{} answers are there: they are used again", asked.prompts.size())});
    return tasks::read_predictions(config.output / file);
  }
  facts = memory.facts_of(arm);
  const model::Transformer& model = memory.adapted(arm, asked.adapter);
  const auto tokenizer = memory.tokenizer_of(arm);
  const auto prompt_template = memory.template_of(arm);
  generate::GenerateConfig settings = config.generate;
  if (asked.allowed == tasks::Allowed::kValidAnswers)
    settings.answers = answers_of(*asked.task, tokenizer, prompt_template);
  const auto generations = generate::generate(model, *tokenizer, prompt_template, asked.prompts, settings,
                                              [&](std::int64_t done, std::int64_t total) {
                                                if (callback)
                                                  callback({.stage = asked.shown, .done = done, .total = total});
                                              });
  std::vector<tasks::Prediction> predictions;
  for (std::size_t i = 0; i < asked.pairs.size(); ++i)
    predictions.push_back(task_named(prepared.tasks, asked.pairs[i].task)
                              .parse(asked.pairs[i].case_id, arm.name, generations[i].text,
                                     std::exp(generations[i].log_probability), asked.allowed));
  tasks::write_lines(config.output / file, predictions);
  book.finish({.stage = asked.stage, .inputs = inputs, .facts = facts}, {file});
  return predictions;
}

}  // namespace

Answers answer(const StudyConfig& config, const Prepared& prepared, const Arm& arm, ModelInMemory& memory,
               const ProgressCallback& callback) {
  Answers answers;
  evaluation::ArmResult& result = answers.arm;
  result.name = arm.name;
  result.model = memory.name_of(arm);
  result.description = describe(arm, result.model);
  std::vector<NamedValue> facts;
  std::vector<generate::Prompt> prompts;
  const auto add = [&](const Questions& asked) {
    for (auto& prediction : ask(config, prepared, arm, asked, memory, facts, callback))
      answers.predictions.push_back(std::move(prediction));
  };
  result.files = memory.files_of(arm);
  const auto trained = [&](const tasks::Task* task) {
    const FineTuned made = fine_tune(config, prepared, arm, task, memory, callback);
    result.training.push_back(made.summary);
    for (const auto& file : hashed_files(made.adapter, made.adapter.filename().string() + "/"))
      result.files.push_back(file);
    return made.adapter;
  };
  const auto adapter = arm.training == Training::kAllTasks ? trained(nullptr) : arm.adapter;
  for (Questions& asked : free_questions(config, prepared, arm)) {
    asked.adapter = arm.training == Training::kEachTask ? trained(asked.task) : adapter;
    add(asked);
    prompts.insert(prompts.end(), asked.prompts.begin(), asked.prompts.end());
    if (!config.confined) continue;
    for (const auto& task : prepared.tasks)
      if (has_valid_answers(*task) && (!asked.task || asked.task == task.get())) add(confined(asked, arm, *task));
  }
  if (!arm.adapter.empty())
    for (const auto& file : hashed_files(arm.adapter, arm.adapter.filename().string() + "/"))
      result.files.push_back(file);
  result.prompts = prompts_digest(prompts);

  result.settings = facts;
  for (const NamedValue& input : memory.inputs_of(arm))
    if (input.first != "model" && value_of(facts, input.first).empty()) result.settings.push_back(input);
  if (arm.num_examples > 0) result.settings.emplace_back("examples in the prompt", fmt::format("{}", arm.num_examples));
  if (arm.training != Training::kNone)
    for (const NamedValue& setting : training_settings(config.lora, config.train)) result.settings.push_back(setting);
  for (const NamedValue& setting : decoding_settings(config.generate)) result.settings.push_back(setting);
  return answers;
}

}  // namespace radonc::study
