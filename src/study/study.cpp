#include "radonc/study/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <optional>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/data/cohort.hpp"
#include "radonc/data/read_cases.hpp"
#include "radonc/data/split.hpp"
#include "radonc/evaluation/evaluate.hpp"
#include "radonc/generate/token_grammar.hpp"
#include "radonc/generate/token_trie.hpp"
#include "radonc/lora/adapter_io.hpp"
#include "radonc/report/html.hpp"
#include "radonc/tasks/baselines.hpp"
#include "radonc/tasks/few_shot.hpp"
#include "radonc/tasks/pair_io.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "radonc/text/encode.hpp"
#include "study/arm_rules.hpp"
#include "study/summary.hpp"

namespace radonc::study {
namespace {

/// The pairs of every case, its tasks side by side so that they share the details' tokens.
std::vector<std::vector<tasks::Pair>> build_pairs(const std::vector<data::CaseRecord>& cases, const TaskList& all) {
  std::vector<std::vector<tasks::Pair>> pairs;
  for (const data::CaseRecord& record : cases) {
    std::vector<tasks::Pair> own;
    for (const auto& task : all)
      if (task->reference(record)) own.push_back(task->build_pair(record));
    if (!own.empty()) pairs.push_back(std::move(own));
  }
  return pairs;
}

std::vector<tasks::Pair> flat(const std::vector<std::vector<tasks::Pair>>& pairs) {
  std::vector<tasks::Pair> all;
  for (const auto& own : pairs) all.insert(all.end(), own.begin(), own.end());
  return all;
}

std::vector<tasks::Pair> of_task(const std::vector<tasks::Pair>& pairs, const std::string& task) {
  std::vector<tasks::Pair> own;
  std::ranges::copy_if(pairs, std::back_inserter(own), [&](const tasks::Pair& pair) { return pair.task == task; });
  return own;
}

std::vector<std::string> answers_of(const std::vector<tasks::Pair>& pairs) {
  std::vector<std::string> answers;
  for (const tasks::Pair& pair : pairs) answers.push_back(pair.answer);
  return answers;
}

/// Rare answers are a subgroup of their own.
void add_answer_frequency(const std::string& task, const std::vector<std::string>& train_answers,
                          std::vector<tasks::Pair>& test) {
  for (tasks::Pair& pair : test) {
    if (pair.task != task) continue;
    const auto count = std::ranges::count(train_answers, pair.answer);
    pair.subgroups.emplace_back("training cases with the same answer",
                                count == 0 ? "none" : (count < 10 ? "1 to 9" : "10 or more"));
  }
}

class Run {
 public:
  Run(const StudyConfig& config, const ProgressCallback& callback) : config_(config), callback_(callback) {}

  evaluation::StudyResult operator()() {
    const auto start = std::chrono::steady_clock::now();
    core::require_writable_folder(config_.output);
    prepare_cases();
    for (const Arm& arm : config_.arms) run_arm(arm);
    answer_baselines();
    evaluate();
    result_.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    result_.peak_memory_bytes = peak_memory_bytes();
    core::write_file_atomically(config_.output / "study.json", evaluation::to_json(result_));
    core::write_file_atomically(config_.output / "report.html", report::render_html(result_));
    tell({.stage = "report", .message = (config_.output / "report.html").string()});
    return result_;
  }

 private:
  void tell(const Progress& progress) const {
    if (callback_) callback_(progress);
  }

  void prepare_cases() {
    const auto records = data::read_cases(config_.records);
    const data::Cohort cohort = data::select_cohort(records);
    tasks_ = tasks::study_tasks(cohort.cases);
    const data::Split split =
        data::split_by_patient(cohort.cases, {.num_test = static_cast<std::size_t>(config_.num_test_cases),
                                              .max_train = static_cast<std::size_t>(config_.max_train_cases),
                                              .seed = config_.seed});
    train_ = build_pairs(split.train, tasks_);
    test_ = flat(build_pairs(split.test, tasks_));
    for (const auto& task : tasks_) {
      const auto answers = answers_of(train_pairs(task->name()));
      tasks::require_two_classes(task->name(), answers);
      add_answer_frequency(task->name(), answers, test_);
    }

    std::string lines;
    for (const data::CaseRecord& record : cohort.cases) lines += data::to_json(record) + "\n";
    core::write_file_atomically(config_.output / "cohort.jsonl", lines);
    core::write_file_atomically(config_.output / "flow.json", flow_json(cohort, tasks_));
    core::write_file_atomically(config_.output / "split.json", data::to_json(split));
    auto pairs = flat(train_);
    pairs.insert(pairs.end(), test_.begin(), test_.end());
    tasks::write_lines(config_.output / "pairs.jsonl", pairs);
    describe_cohort(cohort, split, tasks_, result_);
    tell({.stage = "cohort", .message = cohort_text(cohort, split, tasks_)});
  }

  /// Makes the arm's model the one in memory; two models never are.
  void load_model(const Arm& arm) {
    const bool own = !arm.model.empty() && arm.model != config_.model;
    const auto path = own ? arm.model : config_.model;
    if (path != loaded_) {
      tell({.stage = "load", .message = path.string()});
      model_.reset();
      tokenizer_ = text::Tokenizer::load(own || config_.tokenizer.empty() ? path : config_.tokenizer);
      model_.emplace(model::Transformer::load(
          path, {.dtype = config_.dtype, .quantization = config_.quantization, .device = config_.device}));
      generate::require_matching_vocabulary(*model_, *tokenizer_);
      loaded_ = path;
    }
    const std::string& wanted =
        !arm.prompt_template.empty() ? arm.prompt_template : (own ? arm.prompt_template : config_.prompt_template);
    template_ = wanted.empty() ? text::detect_template(*tokenizer_) : text::template_named(wanted);
    const bool named = !own && !config_.model_name.empty();
    const std::string name = named ? config_.model_name : path.stem().string();
    if (result_.model.empty()) {
      result_.model = name;
      describe_settings(config_, *model_, template_, result_);
    }
    result_.models.emplace_back(arm.name, describe(arm, name));
  }

  void run_arm(const Arm& arm) {
    load_model(arm);
    if (!arm.adapter.empty()) lora::load_adapter(*model_, arm.adapter);
    if (arm.training == Training::kAllTasks) fine_tune(arm, nullptr);
    if (arm.training != Training::kEachTask && arm.num_examples == 0) {
      answer(arm, test_);
    } else {
      for (const auto& task : tasks_) {
        if (arm.training == Training::kEachTask) fine_tune(arm, task.get());
        answer(arm, of_task(test_, task->name()));
      }
    }
    lora::remove(*model_);
    write_answers();
  }

  /// `pairs` are of one task if the arm shows examples.
  void answer(const Arm& arm, const std::vector<tasks::Pair>& pairs) {
    std::vector<tasks::Pair> examples;
    if (arm.num_examples > 0 && !pairs.empty())
      examples =
          tasks::draw_examples(train_pairs(pairs[0].task), static_cast<std::size_t>(arm.num_examples), config_.seed);
    generate(arm.name, arm.name, examples, pairs, config_.generate, predictions_);
    if (!config_.from_list) return;
    for (const auto& task : tasks_) {
      const auto valid = task->valid_answers();
      const auto grammar = task->grammar();
      auto own = of_task(pairs, task->name());
      if ((valid.empty() && !grammar) || own.empty()) continue;
      generate::GenerateConfig config = config_.generate;
      if (grammar) {
        config.answers = std::make_shared<const generate::TokenGrammar>(tokenizer_, template_, grammar);
      } else {
        config.answers = std::make_shared<const generate::TokenTrie>(*tokenizer_, template_, valid);
      }
      for (tasks::Pair& pair : own) pair.task = evaluation::from_list(pair.task);
      generate(arm.name, fmt::format("{}, {} among its valid answers", arm.name, task->name()), examples, own, config,
               listed_predictions_);
    }
  }

  void generate(const std::string& model, const std::string& stage, const std::vector<tasks::Pair>& examples,
                const std::vector<tasks::Pair>& pairs, const generate::GenerateConfig& config,
                std::vector<tasks::Prediction>& predictions) {
    std::vector<generate::Prompt> prompts;
    for (const tasks::Pair& pair : pairs) prompts.push_back({pair.system, tasks::few_shot_prompt(examples, pair)});
    const auto generations = generate::generate(
        *model_, *tokenizer_, template_, prompts, config,
        [&](std::int64_t done, std::int64_t total) { tell({.stage = stage, .done = done, .total = total}); });
    for (std::size_t i = 0; i < pairs.size(); ++i)
      add_answer(model, pairs[i], generations[i].text, std::exp(generations[i].log_probability), predictions);
  }

  /// Answers from a list are scored as those of a task of its own.
  void add_answer(const std::string& model, const tasks::Pair& pair, const std::string& text,
                  std::optional<double> probability, std::vector<tasks::Prediction>& predictions) {
    const tasks::Task& task = task_of(pair);
    tasks::Pair asked = pair;
    asked.task = task.name();
    tasks::Prediction prediction = task.parse(pair.case_id, model, text, probability);
    tasks::Score score = task.score(prediction, asked);
    score.task = prediction.task = pair.task;
    predictions.push_back(std::move(prediction));
    scores_.push_back(std::move(score));
  }

  void answer_baselines() {
    for (const auto& task : tasks_) {
      const auto train = train_pairs(task->name()), test = of_task(test_, task->name());
      const std::string majority = tasks::majority_answer(train);
      const auto nearest = tasks::nearest_answers(train, test);
      for (std::size_t i = 0; i < test.size(); ++i) {
        add_answer(tasks::kMajority, test[i], majority, std::nullopt, predictions_);
        add_answer(tasks::kNearestCase, test[i], nearest[i], std::nullopt, predictions_);
      }
    }
    write_answers();
  }

  void write_answers() {
    // Task by task in the study's order, which evaluate() keeps.
    const auto rank = [&](const tasks::Score& score) {
      for (std::size_t i = 0; i < tasks_.size(); ++i) {
        if (score.task == tasks_[i]->name()) return i;
        if (score.task == evaluation::from_list(tasks_[i]->name())) return tasks_.size() + i;
      }
      return 2 * tasks_.size();
    };
    std::ranges::stable_sort(scores_, {}, rank);
    auto predictions = predictions_;
    predictions.insert(predictions.end(), listed_predictions_.begin(), listed_predictions_.end());
    tasks::write_lines(config_.output / "predictions.jsonl", predictions);
    tasks::write_lines(config_.output / "scores.jsonl", scores_);
  }

  /// On one task's pairs, or on all if `task` is null.
  void fine_tune(const Arm& arm, const tasks::Task* task) {
    std::vector<std::vector<text::TokenizedPair>> encoded;
    for (const auto& own : train_) {
      std::vector<text::TokenizedPair> cases;
      for (const tasks::Pair& pair : own) {
        if (task && pair.task != task->name()) continue;
        cases.push_back(text::encode_pair(*tokenizer_, template_, pair.system, pair.prompt(), pair.answer));
        const std::int64_t longest = model::longest_sequence(model_->config());
        if (static_cast<std::int64_t>(cases.back().ids.size()) > longest) {
          throw Error(fmt::format("Case {}: {} tokens do not fit the model's context of {}.", pair.case_id,
                                  cases.back().ids.size(), longest));
        }
      }
      if (!cases.empty()) encoded.push_back(std::move(cases));
    }
    lora::Adapter adapter = lora::inject(*model_, config_.lora);
    const std::string stage = task ? fmt::format("train {}", task->name()) : "train";
    const std::string suffix = task ? fmt::format("{}-{}", file_suffix(arm), task->name()) : file_suffix(arm);
    std::string lines;
    const train::TrainLog log = train::fit(*model_, adapter, encoded, config_.train, [&](const train::TrainStep& step) {
      lines += train::to_json(step) + "\n";
      tell({.stage = stage, .done = step.step, .total = step.num_steps, .step = step});
    });
    lora::save_adapter(adapter, config_.output / fmt::format("adapter{}", suffix), result_.model);
    core::write_file_atomically(config_.output / fmt::format("train_log{}.jsonl", suffix), lines);
    describe_training(task ? fmt::format("{}, {}", arm.name, task->name()) : arm.name, log, result_);
  }

  void evaluate() {
    result_.tasks = evaluation::evaluate(scores_, {.seed = config_.seed});
    for (evaluation::TaskResult& result : result_.tasks)
      for (const auto& task : tasks_)
        if (result.task == task->name() || result.task == evaluation::from_list(task->name()))
          result.num_train = train_pairs(task->name()).size();
    describe_examples(test_, predictions_, config_.arms, result_);
    describe_files(config_, result_);
  }

  std::vector<tasks::Pair> train_pairs(const std::string& task) const { return of_task(flat(train_), task); }

  const tasks::Task& task_of(const tasks::Pair& pair) const {
    for (const auto& task : tasks_)
      if (pair.task == task->name() || pair.task == evaluation::from_list(task->name())) return *task;
    throw Error("No task is named " + pair.task + ".");
  }

  const StudyConfig& config_;
  const ProgressCallback& callback_;
  TaskList tasks_;
  std::vector<std::vector<tasks::Pair>> train_;  // by case
  std::vector<tasks::Pair> test_;
  std::filesystem::path loaded_;  // the model in memory
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  text::PromptTemplate template_ = text::PromptTemplate::kPlain;
  std::optional<model::Transformer> model_;
  std::vector<tasks::Prediction> predictions_, listed_predictions_;
  std::vector<tasks::Score> scores_;
  evaluation::StudyResult result_;
};

}  // namespace

evaluation::StudyResult run(const StudyConfig& config, const ProgressCallback& callback) {
  if (config.num_test_cases <= 0) {
    throw Error(fmt::format("StudyConfig.num_test_cases: expected at least 1, got {}.", config.num_test_cases));
  }
  if (config.max_train_cases < 0) {
    throw Error(fmt::format("StudyConfig.max_train_cases: expected 0 (all) or more, got {}.", config.max_train_cases));
  }
  check_arms(config.arms);
  return Run(config, callback)();
}

}  // namespace radonc::study
