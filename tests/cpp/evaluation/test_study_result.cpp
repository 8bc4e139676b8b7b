#include "radonc/evaluation/study_result.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "radonc/core/error.hpp"
#include "support/sample_study.hpp"

using namespace radonc;

TEST_CASE("study.json survives the round trip to the last bit") {
  auto study = test::sample_study();
  study.wall_seconds = 0.1 + 0.2;
  const std::string json = evaluation::to_json(study);
  const auto back = evaluation::study_result_from_json(json);
  CHECK(evaluation::to_json(back) == json);
  CHECK(back.wall_seconds == 0.1 + 0.2);
  CHECK(back.tasks.size() == 3);
  CHECK(back.tasks[0].test == study.tasks[0].test);
  CHECK(back.tasks[0].accuracy_test.has_value());
  CHECK_FALSE(back.tasks[1].accuracy_test.has_value());
  CHECK(back.tasks[2].models[1].accuracy == study.tasks[2].models[1].accuracy);
  CHECK(back.tasks[1].models[0].confusion.counts == study.tasks[1].models[0].confusion.counts);
  CHECK(back.examples[0].answers == study.examples[0].answers);
  CHECK(back.files == study.files);
  CHECK(back.tasks[0].score_differences[0].histogram == study.tasks[0].score_differences[0].histogram);
  CHECK(back.tasks[1].models[0].calibration->coverage.points.size() ==
        study.tasks[1].models[0].calibration->coverage.points.size());
  CHECK(back.tasks[0].subgroups[1].difference == study.tasks[0].subgroups[1].difference);
  CHECK(back.label_sets == study.label_sets);
  CHECK(back.settings == study.settings);
  CHECK(back.arms[1].training[0].curve.size() == study.arms[1].training[0].curve.size());
  CHECK(back.arms[0].files == study.arms[0].files);
  CHECK(back.tasks[0].models[1].quantities.size() == 3);
  CHECK(evaluation::to_json(evaluation::study_result_from_json(evaluation::to_json({}))) == evaluation::to_json({}));
}

TEST_CASE("bytes that are no UTF-8 do not break the file") {
  evaluation::StudyResult study;
  study.examples.push_back({"case-1", "modality", "Modality", "x", {{"original", "broken \xff\xfe"}}});
  CHECK(evaluation::study_result_from_json(evaluation::to_json(study)).examples[0].answers[0].second ==
        "broken \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("numbers that are not finite are refused by name") {
  evaluation::StudyResult study = test::sample_study();
  study.tasks[1].models[0].macro.f1 = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(evaluation::to_json(study), doctest::Contains("tasks[1].models[0].macro.f1"), Error);
  study.tasks.clear();
  study.arms[1].training[0].final_loss = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(evaluation::to_json(study), doctest::Contains("arms[1].training[0].final_loss"), Error);
}

TEST_CASE("a faulty study.json is named by field or byte") {
  const std::string json = evaluation::to_json(test::sample_study());
  CHECK_THROWS_WITH_AS(evaluation::study_result_from_json(json.substr(0, json.size() / 2)),
                       doctest::Contains("not JSON at byte"), Error);
  CHECK_THROWS_WITH_AS(evaluation::study_result_from_json("[]"), doctest::Contains("must be an object"), Error);
  CHECK_THROWS_WITH_AS(evaluation::study_result_from_json("{}"), doctest::Contains("format must be 2"), Error);
  auto changed = nlohmann::json::parse(json);
  changed["tasks"][2]["p_holm"] = "small";
  CHECK_THROWS_WITH_AS(evaluation::study_result_from_json(changed.dump()),
                       doctest::Contains("tasks[2].p_holm must be a number, got string"), Error);
  changed = nlohmann::json::parse(json);
  changed["split"][0]["cases"] = -1;
  CHECK_THROWS_WITH_AS(evaluation::study_result_from_json(changed.dump()), doctest::Contains("split[0].cases"), Error);
  changed = nlohmann::json::parse(json);
  changed["tasks"][0]["test"].erase("method");
  CHECK_THROWS_WITH_AS(evaluation::study_result_from_json(changed.dump()),
                       doctest::Contains("tasks[0].test.method is missing"), Error);
  changed["tasks"][0]["test"]["method"] = "guess";
  CHECK_THROWS_WITH_AS(evaluation::study_result_from_json(changed.dump()), doctest::Contains("a known name"), Error);
}
