#include "radonc/study/stages.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/data/read_cases.hpp"
#include "support/example_cases.hpp"
#include "support/temporary_folder.hpp"

// Stages that need a model run in tests/python/test_resume.py, on a real one.
using namespace radonc;

namespace {

study::StudyConfig config_in(const std::filesystem::path& folder) {
  return {.records = test::example_path(),
          .model = folder / "absent.gguf",
          .output = folder / "out",
          .num_test_cases = 20,
          .max_train_cases = 60};
}

}  // namespace

TEST_CASE("cases are prepared from a file or from objects alike, and found again") {
  const test::TemporaryFolder folder;
  auto config = config_in(folder.path());
  const auto first = study::prepare(config);
  CHECK(first.split.test.size() == 20);
  CHECK(first.train.size() <= 60);
  CHECK(first.tasks.size() == 3);
  CHECK(first.left_out.empty());
  CHECK(first.label_sets.contains("modality"));
  CHECK_FALSE(first.label_sets.contains("regimen"));
  for (const char* name : {"cohort.jsonl", "flow.json", "split.json", "pairs.jsonl", "stages/prepare.json"})
    CHECK(std::filesystem::exists(config.output / name));
  const auto flow = nlohmann::json::parse(core::read_file(config.output / "flow.json"));
  CHECK(flow["tasks"]["regimen"]["complete"] == 1101);
  CHECK(flow["tasks"]["regimen"]["remarks"]["dose unit corrected"] > 0);
  const std::string pairs = core::read_file(config.output / "pairs.jsonl");
  CHECK(study::prepare(config).files == first.files);

  config.records = data::read_cases(test::example_path());
  config.output = folder.path() / "objects";
  study::prepare(config);
  CHECK(core::read_file(config.output / "pairs.jsonl") == pairs);
}

TEST_CASE("what was prepared from other inputs is refused with the difference named") {
  const test::TemporaryFolder folder;
  const auto config = config_in(folder.path());
  study::prepare(config);
  auto other = config;
  other.seed = 3;
  CHECK_THROWS_WITH_AS(study::prepare(other), doctest::Contains("seed 0, now 3"), Error);
  other = config;
  other.records = std::vector<data::CaseRecord>(test::example_cases().begin(), test::example_cases().begin() + 900);
  CHECK_THROWS_WITH_AS(study::prepare(other), doctest::Contains("other records"), Error);
  core::write_file_atomically(config.output / "split.json", "{}");
  CHECK_THROWS_WITH_AS(study::prepare(config), doctest::Contains("split.json was changed"), Error);
  core::write_file_atomically(config.output / "stages" / "prepare.json", "{\"stage\": 3}");
  CHECK_THROWS_WITH_AS(study::prepare(config), doctest::Contains("prepare.json"), Error);
}

TEST_CASE("test records of their own are held out whole") {
  const test::TemporaryFolder folder;
  auto config = config_in(folder.path());
  config.num_test_cases.reset();
  const auto& cases = test::example_cohort().cases;
  config.records = std::vector<data::CaseRecord>(cases.begin(), cases.begin() + 300);
  config.test_records = std::vector<data::CaseRecord>(cases.begin() + 290, cases.begin() + 320);
  const auto prepared = study::prepare(config);
  CHECK(prepared.split.test.size() == 30);
  CHECK(prepared.flow.steps.back().rule == "patient not among the test records");
  CHECK(prepared.flow.steps.back().dropped == 10);
  CHECK(prepared.test_flow.records == 30);
}
