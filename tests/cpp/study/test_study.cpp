#include "radonc/study/study.hpp"

#include <doctest/doctest.h>

#include <string>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "support/temporary_folder.hpp"

// The study itself runs in tests/python/test_study.py, on the real model; here is what stops it before a model is read.
using namespace radonc;

TEST_CASE("a study stops at once where it cannot end well") {
  const test::TemporaryFolder folder;
  study::StudyConfig config{.records = RADONC_EXAMPLE_DATA "/tcga_irradiated.jsonl",
                            .model = folder.path() / "absent.gguf",
                            .output = folder.path() / "out"};
  CHECK_THROWS_WITH_AS(study::run(config), doctest::Contains("absent.gguf"), Error);

  auto changed = config;
  changed.num_test_cases = 0;
  CHECK_THROWS_WITH_AS(study::run(changed), doctest::Contains("num_test_cases"), Error);
  changed.num_test_cases = 100000;
  CHECK_THROWS_WITH_AS(study::run(changed), doctest::Contains("nothing is left to train on"), Error);
  changed = config;
  changed.records = folder.path() / "absent.jsonl";
  CHECK_THROWS_WITH_AS(study::run(changed), doctest::Contains("absent.jsonl"), Error);
  core::write_file_atomically(folder.path() / "file", "x");
  changed = config;
  changed.output = folder.path() / "file";
  CHECK_THROWS_WITH_AS(study::run(changed), doctest::Contains("output folder"), Error);
}

TEST_CASE("a callback's exception ends the study") {
  const test::TemporaryFolder folder;
  const study::StudyConfig config{.records = RADONC_EXAMPLE_DATA "/tcga_irradiated.jsonl",
                                  .model = folder.path() / "absent.gguf",
                                  .output = folder.path() / "out"};
  CHECK_THROWS_WITH_AS(study::run(config, [](const study::Progress&) { throw Error("stopped by the user"); }),
                       "stopped by the user", Error);
}
