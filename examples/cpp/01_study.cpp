// The whole study from C++: records in, table out.
//
//   01_study RECORDS.jsonl MODEL.gguf OUTPUT_FOLDER [TRAINING_CASES [TEST_CASES]]

#include <cstdio>
#include <cstdlib>

#include "radonc/core/error.hpp"
#include "radonc/report/terminal_table.hpp"
#include "radonc/study/study.hpp"

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s RECORDS.jsonl MODEL.gguf OUTPUT_FOLDER [TRAINING_CASES [TEST_CASES]]\n", argv[0]);
    return 2;
  }
  radonc::study::StudyConfig config{.records = argv[1], .model = argv[2], .output = argv[3]};
  if (argc > 4) config.max_train_cases = std::atoll(argv[4]);
  if (argc > 5) config.num_test_cases = std::atoll(argv[5]);

  try {
    const auto result = radonc::study::run(config, [](const radonc::study::Progress& progress) {
      if (!progress.message.empty()) std::printf("[%s] %s\n", progress.stage.c_str(), progress.message.c_str());
      if (progress.total == 0) return;
      std::printf("\r%-12s %ld/%ld", progress.stage.c_str(), static_cast<long>(progress.done),
                  static_cast<long>(progress.total));
      if (progress.step) {
        std::printf("  loss %.3f  %.0f tokens/s  %.0f s left   ", progress.step->loss, progress.step->tokens_per_second,
                    progress.step->seconds_left);
      }
      if (progress.done == progress.total) std::printf("\n");
      std::fflush(stdout);
    });
    std::printf("%s\n", radonc::report::terminal_table(result).c_str());
  } catch (const radonc::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
