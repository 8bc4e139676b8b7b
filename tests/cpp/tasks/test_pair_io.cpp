#include "radonc/tasks/pair_io.hpp"

#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;

TEST_CASE("scores survive the disk") {
  const test::TemporaryFolder folder;
  const tasks::Score score{.case_id = "a",
                           .patient_id = "p",
                           .task = "icd10",
                           .title = "ICD-10 code",
                           .model = "original",
                           .allowed = tasks::Allowed::kValidAnswers,
                           .reference = "C50.9",
                           .prediction = "C50.1",
                           .parsed = true,
                           .correct = 0,
                           .rouge1 = {0.5, 1.0 / 3, 0.4},
                           .partial = {{"category", 1.0}},
                           .quantities = {{"dose", "Gy", 59.4, 60}},
                           .probability = 0.1 + 0.2,
                           .subgroups = {{"sex", "female"}, {"age", "60 to 69"}}};
  tasks::write_lines(folder.path() / "scores.jsonl", std::vector<tasks::Score>{score, score});
  const auto read = tasks::read_scores(folder.path() / "scores.jsonl");
  REQUIRE(read.size() == 2);
  CHECK(tasks::to_json(read[1]) == tasks::to_json(score));
  CHECK(read[0].rouge1.recall == 1.0 / 3);
  CHECK(read[0].partial == score.partial);
  CHECK(read[0].quantities == score.quantities);
  CHECK(read[0].allowed == tasks::Allowed::kValidAnswers);
  CHECK(read[0].probability == 0.1 + 0.2);
  CHECK(read[0].subgroups == score.subgroups);
}

TEST_CASE("pairs and predictions survive the disk") {
  const test::TemporaryFolder folder;
  const tasks::Pair pair{
      "a", "p", "regimen", "system", "Site: Larynx\nAge: 50", "question?", "answer; \u2028\"", {{"sex", "male"}}};
  const tasks::Prediction prediction{.case_id = "a",
                                     .task = "regimen",
                                     .model = "original",
                                     .allowed = tasks::Allowed::kValidAnswers,
                                     .text = "text\n",
                                     .reason = "no answer"};
  tasks::write_lines(folder.path() / "pairs.jsonl", std::vector<tasks::Pair>{pair, pair});
  tasks::write_lines(folder.path() / "predictions.jsonl", std::vector<tasks::Prediction>{prediction});
  const auto pairs = tasks::read_pairs(folder.path() / "pairs.jsonl");
  const auto predictions = tasks::read_predictions(folder.path() / "predictions.jsonl");
  REQUIRE(pairs.size() == 2);
  CHECK(tasks::to_json(pairs[1]) == tasks::to_json(pair));
  REQUIRE(predictions.size() == 1);
  CHECK(tasks::to_json(predictions[0]) == tasks::to_json(prediction));
  CHECK_THROWS_WITH_AS(tasks::read_pairs(folder.path() / "predictions.jsonl"),
                       doctest::Contains("predictions.jsonl:1: expected a pair"), Error);
  CHECK_THROWS_WITH_AS(tasks::read_predictions(folder.path() / "pairs.jsonl"), doctest::Contains("a prediction"),
                       Error);
}

TEST_CASE("a damaged line is named") {
  const test::TemporaryFolder folder;
  core::write_file_atomically(folder.path() / "scores.jsonl", "\n{\"case_id\": 3}\n");
  CHECK_THROWS_WITH_AS(tasks::read_scores(folder.path() / "scores.jsonl"), doctest::Contains("scores.jsonl:2"), Error);
}

TEST_CASE("an answer that ends inside a character is still written") {
  const tasks::Prediction prediction{.case_id = "a", .task = "icd10", .model = "m", .text = "C50 \xE4\xB8"};
  CHECK(tasks::to_json(prediction).find("C50") != std::string::npos);
}
