// A task of one's own: the worst toxicity grade (CTCAE, 0 to 5) that was recorded after a case's treatment.
//
//   03_own_task RECORDS.jsonl MODEL.gguf OUTPUT_FOLDER     each record's grade stands in its field other.toxicity_grade
#include <cstdlib>
#include <iostream>
#include <memory>

#include "radonc/core/error.hpp"
#include "radonc/report/terminal_table.hpp"
#include "radonc/study/study.hpp"

namespace {

using namespace radonc;

class ToxicityGrade : public tasks::Task {
 public:
  std::string name() const override { return "toxicity"; }
  std::string title() const override { return "Toxicity grade"; }
  std::string question() const override {
    return "Which was the worst grade of toxicity (CTCAE) after radiotherapy? Answer with one digit from 0 to 5.";
  }
  std::vector<std::string> valid_answers() const override { return {"0", "1", "2", "3", "4", "5"}; }

  tasks::Reference reference(const data::CaseRecord& record) const override {
    const auto grade = record.other.find("toxicity_grade");
    if (grade == record.other.end() || grade->second.size() != 1 || grade->second < "0" || grade->second > "5")
      return {{std::nullopt, "grade not recorded"}};
    return {{grade->second, ""}};
  }

  std::vector<std::pair<std::string, double>> partial_credits(const std::optional<std::string>& prediction,
                                                              const std::string& reference) const override {
    return {{"within_one_grade", prediction && std::abs((*prediction)[0] - reference[0]) <= 1}};
  }

  std::string comparison() const override {
    return "An answer is right if it is the recorded grade. Within one grade: whether it is off by one at most.";
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: " << argv[0] << " RECORDS.jsonl MODEL.gguf OUTPUT_FOLDER\n";
    return 2;
  }
  try {
    const study::StudyConfig config{.records = argv[1],
                                    .model = argv[2],
                                    .output = argv[3],
                                    .num_test_cases = 6,
                                    .max_train_cases = 12,
                                    .tasks = {std::make_shared<const ToxicityGrade>(), "icd10"},
                                    .confined = true};
    std::cout << report::terminal_table(study::run(config));
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
