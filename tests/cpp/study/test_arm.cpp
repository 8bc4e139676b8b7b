#include "radonc/study/arm.hpp"

#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "radonc/study/study.hpp"

using namespace radonc;
using study::arms_from_json;

TEST_CASE("arms are read from JSON, and what is wrong is named") {
  const auto arms = arms_from_json(R"([{"name": "seven", "model": "m.gguf", "num_examples": 3},
                                       {"name": "own", "training": "each task", "prompt_template": "plain"},
                                       {"name": "peft", "adapter": "a"}])");
  REQUIRE(arms.size() == 3);
  CHECK(arms[0].name == "seven");
  CHECK(arms[0].model == "m.gguf");
  CHECK(arms[0].num_examples == 3);
  CHECK(arms[0].training == study::Training::kNone);
  CHECK(arms[1].training == study::Training::kEachTask);
  CHECK(arms[1].prompt_template == "plain");
  CHECK(arms[2].adapter == "a");
  CHECK_THROWS_WITH_AS(arms_from_json("{"), doctest::Contains("JSON array"), Error);
  CHECK_THROWS_WITH_AS(arms_from_json("[3]"), doctest::Contains("Arm 1: expected an object"), Error);
  CHECK_THROWS_WITH_AS(arms_from_json("[{}]"), doctest::Contains("name is missing"), Error);
  CHECK_THROWS_WITH_AS(arms_from_json(R"([{"name": 3}])"), doctest::Contains("name must be a string"), Error);
  CHECK_THROWS_WITH_AS(arms_from_json(R"([{"name": "a", "shots": 3}])"), doctest::Contains("no field shots"), Error);
  CHECK_THROWS_WITH_AS(arms_from_json(R"([{"name": "a", "num_examples": 1.5}])"), doctest::Contains("whole number"),
                       Error);
  CHECK_THROWS_WITH_AS(arms_from_json(R"([{"name": "a"}, {"name": "b", "training": "some"}])"),
                       doctest::Contains("Arm 2: training must be"), Error);
}

TEST_CASE("arms that cannot run beside one another are refused before anything is read") {
  const auto fails = [](std::vector<study::Arm> arms, const char* message) {
    study::StudyConfig config{.records = "absent.jsonl", .model = "absent.gguf", .output = "absent"};
    config.arms = std::move(arms);
    CHECK_THROWS_WITH_AS(study::run(config), doctest::Contains(message), Error);
  };
  fails({{.name = "a"}}, "at least two");
  fails({{.name = "a"}, {.name = "a"}}, "the name is taken");
  fails({{.name = "a"}, {.name = "majority"}}, "the name is taken");
  fails({{.name = "a"}, {.name = ""}}, "no name");
  fails({{.name = "a"}, {.name = "b", .num_examples = -1}}, "at least 0");
  fails({{.name = "a"}, {.name = "b", .training = study::Training::kAllTasks, .adapter = "x"}}, "finished adapter");
  fails({{.name = "a b", .training = study::Training::kAllTasks},
         {.name = "a-b", .training = study::Training::kAllTasks}},
        "another arm's names");
}
