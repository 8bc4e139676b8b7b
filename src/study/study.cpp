#include "radonc/study/study.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/data/cohort.hpp"
#include "radonc/data/read_cases.hpp"
#include "radonc/data/split.hpp"
#include "radonc/eval/classification.hpp"
#include "radonc/lora/adapter_io.hpp"
#include "radonc/report/compare.hpp"
#include "radonc/report/html.hpp"
#include "radonc/tasks/pair_io.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "radonc/text/encode.hpp"
#include "study/summary.hpp"

namespace radonc::study {
namespace {

using Tasks = std::vector<std::shared_ptr<const tasks::Task>>;
constexpr const char* kOriginal = "original";
constexpr const char* kFineTuned = "fine-tuned";

/// The pairs of every case, its tasks side by side so that they share the details' tokens.
std::vector<std::vector<tasks::Pair>> build_pairs(const std::vector<data::CaseRecord>& cases, const Tasks& all) {
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

std::vector<std::string> answers_of(const std::vector<tasks::Pair>& pairs, const std::string& task) {
  std::vector<std::string> answers;
  for (const tasks::Pair& pair : pairs)
    if (pair.task == task) answers.push_back(pair.answer);
  return answers;
}

class Run {
 public:
  Run(const StudyConfig& config, const ProgressCallback& callback) : config_(config), callback_(callback) {}

  report::StudyResult operator()() {
    const auto start = std::chrono::steady_clock::now();
    core::require_writable_folder(config_.output);
    prepare_cases();
    load_model();
    answer(kOriginal);
    fine_tune();
    answer(kFineTuned);
    compare();
    result_.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    result_.peak_memory_bytes = peak_memory_bytes();
    core::write_file_atomically(config_.output / "study.json", report::to_json(result_));
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
    const auto train_pairs = flat(train_);
    for (const auto& task : tasks_) tasks::require_two_classes(task->name(), answers_of(train_pairs, task->name()));

    std::string lines;
    for (const data::CaseRecord& record : cohort.cases) lines += data::to_json(record) + "\n";
    core::write_file_atomically(config_.output / "cohort.jsonl", lines);
    core::write_file_atomically(config_.output / "flow.json", flow_json(cohort, tasks_));
    core::write_file_atomically(config_.output / "split.json", data::to_json(split));
    auto pairs = train_pairs;
    pairs.insert(pairs.end(), test_.begin(), test_.end());
    tasks::write_lines(config_.output / "pairs.jsonl", pairs);
    describe_cohort(cohort, split, tasks_, result_);
    tell({.stage = "cohort", .message = cohort_text(cohort, split, tasks_)});
  }

  void load_model() {
    tell({.stage = "load", .message = config_.model.string()});
    tokenizer_ = text::Tokenizer::load(config_.tokenizer.empty() ? config_.model : config_.tokenizer);
    template_ = config_.prompt_template.empty() ? text::detect_template(*tokenizer_)
                                                : text::template_named(config_.prompt_template);
    model_.emplace(
        model::Transformer::load(config_.model, {.dtype = config_.dtype, .quantization = config_.quantization}));
    generate::require_matching_vocabulary(*model_, *tokenizer_);
    result_.model = config_.model_name.empty() ? config_.model.stem().string() : config_.model_name;
    describe_settings(config_, *model_, template_, result_);
  }

  void answer(const std::string& who) {
    std::vector<generate::Prompt> prompts;
    for (const tasks::Pair& pair : test_) prompts.push_back({pair.system, pair.prompt()});
    const auto generations = generate::generate(
        *model_, *tokenizer_, template_, prompts, config_.generate,
        [&](std::int64_t done, std::int64_t total) { tell({.stage = who, .done = done, .total = total}); });
    for (std::size_t i = 0; i < test_.size(); ++i) {
      const tasks::Task& task = task_named(test_[i].task);
      predictions_.push_back(task.parse(test_[i].case_id, who, generations[i].text));
      scores_.push_back(task.score(predictions_.back(), test_[i]));
    }
    if (config_.from_list)
      for (const auto& task : tasks_) answer_from_list(who, *task);
    auto predictions = predictions_;
    predictions.insert(predictions.end(), listed_predictions_.begin(), listed_predictions_.end());
    tasks::write_lines(config_.output / "predictions.jsonl", predictions);
    tasks::write_lines(config_.output / "scores.jsonl", scores_);
  }

  /// The same questions, but only a valid answer can be given. Scored as a task of its own.
  void answer_from_list(const std::string& who, const tasks::Task& task) {
    const auto valid = task.valid_answers();
    if (valid.empty()) return;
    std::vector<const tasks::Pair*> pairs;
    std::vector<generate::Prompt> prompts;
    for (const tasks::Pair& pair : test_) {
      if (pair.task != task.name()) continue;
      pairs.push_back(&pair);
      prompts.push_back({pair.system, pair.prompt()});
    }
    generate::GenerateConfig config = config_.generate;
    config.answers = std::make_shared<const generate::TokenTrie>(*tokenizer_, template_, valid);
    const std::string stage = who + ", " + task.name() + " from its list";
    const auto generations = generate::generate(
        *model_, *tokenizer_, template_, prompts, config,
        [&](std::int64_t done, std::int64_t total) { tell({.stage = stage, .done = done, .total = total}); });
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      tasks::Prediction prediction = task.parse(pairs[i]->case_id, who, generations[i].text);
      tasks::Score score = task.score(prediction, *pairs[i]);
      score.task = prediction.task = report::from_list(task.name());
      listed_predictions_.push_back(std::move(prediction));
      scores_.push_back(std::move(score));
    }
  }

  void fine_tune() {
    std::vector<std::vector<text::TokenizedPair>> encoded;
    for (const auto& own : train_) {
      auto& cases = encoded.emplace_back();
      for (const tasks::Pair& pair : own) {
        cases.push_back(text::encode_pair(*tokenizer_, template_, pair.system, pair.prompt(), pair.answer));
        const std::int64_t longest = model::longest_sequence(model_->config());
        if (static_cast<std::int64_t>(cases.back().ids.size()) > longest) {
          throw Error(fmt::format("Case {}: {} tokens do not fit the model's context of {}.", pair.case_id,
                                  cases.back().ids.size(), longest));
        }
      }
    }
    lora::Adapter adapter = lora::inject(*model_, config_.lora);
    std::string lines;
    const train::TrainLog log = train::fit(*model_, adapter, encoded, config_.train, [&](const train::TrainStep& step) {
      lines += train::to_json(step) + "\n";
      tell({.stage = "train", .done = step.step, .total = step.num_steps, .step = step});
    });
    lora::save_adapter(adapter, config_.output / "adapter", result_.model);
    core::write_file_atomically(config_.output / "train_log.jsonl", lines);
    describe_training(log, result_);
  }

  void compare() {
    const auto train_pairs = flat(train_);
    const auto add = [&](const std::string& name, const std::vector<std::string>& answers) {
      const auto of = [&](const std::string& who) {
        std::vector<tasks::Score> chosen;
        for (const tasks::Score& score : scores_)
          if (score.task == name && score.model == who) chosen.push_back(score);
        return chosen;
      };
      if (of(kOriginal).empty()) return;
      result_.tasks.push_back(report::compare(name, of(kOriginal), of(kFineTuned), eval::majority_class(answers),
                                              answers.size(), {.seed = config_.seed}));
    };
    for (const auto& task : tasks_) add(task->name(), answers_of(train_pairs, task->name()));
    for (const auto& task : tasks_) add(report::from_list(task->name()), answers_of(train_pairs, task->name()));
    report::apply_holm(result_.tasks);
    describe_examples(test_, predictions_, result_);
  }

  const tasks::Task& task_named(const std::string& name) const {
    for (const auto& task : tasks_)
      if (task->name() == name) return *task;
    throw Error("No task is named " + name + ".");
  }

  const StudyConfig& config_;
  const ProgressCallback& callback_;
  Tasks tasks_;
  std::vector<std::vector<tasks::Pair>> train_;
  std::vector<tasks::Pair> test_;
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  text::PromptTemplate template_ = text::PromptTemplate::kPlain;
  std::optional<model::Transformer> model_;
  std::vector<tasks::Prediction> predictions_, listed_predictions_;
  std::vector<tasks::Score> scores_;
  report::StudyResult result_;
};

}  // namespace

report::StudyResult run(const StudyConfig& config, const ProgressCallback& callback) {
  if (config.num_test_cases <= 0) {
    throw Error(fmt::format("StudyConfig.num_test_cases: expected at least 1, got {}.", config.num_test_cases));
  }
  if (config.max_train_cases < 0) {
    throw Error(fmt::format("StudyConfig.max_train_cases: expected 0 (all) or more, got {}.", config.max_train_cases));
  }
  return Run(config, callback)();
}

}  // namespace radonc::study
