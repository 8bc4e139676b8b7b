#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/evaluation/evaluate.hpp"
#include "radonc/report/html.hpp"
#include "radonc/study/stages.hpp"
#include "radonc/tasks/baselines.hpp"
#include "radonc/tasks/pair_io.hpp"
#include "study/settings.hpp"
#include "study/stage_book.hpp"

namespace radonc::study {
namespace {

constexpr int kExamplesPerTask = 3;

std::vector<tasks::Prediction> baselines(const Prepared& prepared) {
  std::vector<tasks::Prediction> predictions;
  for (const auto& task : prepared.tasks) {
    const auto train = prepared.train_of(*task), test = prepared.test_of(*task);
    const std::string majority = tasks::majority_answer(train);
    const auto nearest = tasks::nearest_answers(train, test);
    for (std::size_t i = 0; i < test.size(); ++i) {
      predictions.push_back(task->parse(test[i].case_id, tasks::kMajority, majority));
      predictions.push_back(task->parse(test[i].case_id, tasks::kNearestCase, nearest[i]));
    }
  }
  return predictions;
}

/// Scored task by task in the study's order, free answers before confined ones.
std::vector<tasks::Score> scores_of(const Prepared& prepared, const std::vector<tasks::Prediction>& predictions) {
  std::vector<tasks::Score> scores;
  for (const auto allowed : {tasks::Allowed::kAnyText, tasks::Allowed::kValidAnswers})
    for (const auto& task : prepared.tasks) {
      const std::string name = task->name();
      std::unordered_map<std::string, tasks::Pair> pairs;
      for (const tasks::Pair& pair : prepared.test_of(*task)) pairs.emplace(pair.case_id, pair);
      for (const tasks::Prediction& prediction : predictions)
        if (prediction.task == name && prediction.allowed == allowed)
          scores.push_back(task->score(prediction, pairs.at(prediction.case_id)));
    }
  return scores;
}

std::vector<evaluation::FlowRow> rows_of(const data::CohortFlow& flow) {
  std::vector<evaluation::FlowRow> rows;
  if (flow.records == 0) return rows;
  rows.push_back({"records", 0, flow.records});
  for (const data::FlowStep& step : flow.steps) rows.push_back({step.rule, step.dropped, step.left});
  return rows;
}

evaluation::SplitSize size_of(const char* part, const std::vector<data::CaseRecord>& cases) {
  std::set<std::string> patients;
  for (const data::CaseRecord& record : cases) patients.insert(record.patient_id);
  return {part, cases.size(), patients.size()};
}

/// The first cases of each task with all arms' answers.
std::vector<evaluation::Example> examples_of(const Prepared& prepared, const std::vector<Answers>& answers) {
  std::vector<evaluation::Example> examples;
  std::map<std::string, int> shown;
  for (const tasks::Pair& pair : prepared.test) {
    if (shown[pair.task]++ >= kExamplesPerTask) continue;
    const auto task = std::ranges::find_if(prepared.tasks, [&](const auto& one) { return one->name() == pair.task; });
    evaluation::Example example{
        .case_id = pair.case_id, .task = pair.task, .title = (*task)->title(), .reference = pair.answer};
    for (const Answers& of_arm : answers)
      for (const tasks::Prediction& prediction : of_arm.predictions)
        if (prediction.case_id == pair.case_id && prediction.task == pair.task &&
            prediction.allowed == tasks::Allowed::kAnyText)
          example.answers.emplace_back(of_arm.arm.name, prediction.text);
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace

evaluation::StudyResult evaluate(const StudyConfig& config, const Prepared& prepared,
                                 const std::vector<Answers>& answers) {
  std::vector<tasks::Prediction> predictions;
  evaluation::StudyResult result;
  for (const Answers& of_arm : answers) {
    predictions.insert(predictions.end(), of_arm.predictions.begin(), of_arm.predictions.end());
    result.arms.push_back(of_arm.arm);
  }
  const auto of_baselines = baselines(prepared);
  predictions.insert(predictions.end(), of_baselines.begin(), of_baselines.end());
  const auto scores = scores_of(prepared, predictions);
  tasks::write_lines(config.output / "predictions.jsonl", predictions);
  tasks::write_lines(config.output / "scores.jsonl", scores);

  result.tasks = evaluation::evaluate(scores, {.seed = config.seed});
  for (const auto& task : prepared.tasks) {
    const auto train = prepared.train_of(*task);
    for (evaluation::TaskResult& one : result.tasks)
      if (one.task == task->name()) one.num_train = train.size();
    result.prompts.push_back(
        {task->name(), task->title(), train.front().system, train.front().question, task->comparison()});
  }
  result.flow = rows_of(prepared.flow);
  result.test_flow = rows_of(prepared.test_flow);
  result.split = {size_of("train", prepared.split.train), size_of("test", prepared.split.test)};
  result.label_sets = prepared.label_sets;
  result.left_out = prepared.left_out;
  result.settings = study_settings(config);
  result.environment = environment(config);
  result.files = prepared.files;
  for (const char* name : {"predictions.jsonl", "scores.jsonl"})
    result.files.emplace_back(name, sha256_of_file(config.output / name));
  result.examples = examples_of(prepared, answers);
  return result;
}

void render(const StudyConfig& config, const evaluation::StudyResult& result) {
  core::write_file_atomically(config.output / "study.json", evaluation::to_json(result));
  core::write_file_atomically(config.output / "report.html", report::render_html(result));
}

}  // namespace radonc::study
