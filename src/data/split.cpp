#include "radonc/data/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"
#include "radonc/data/details.hpp"

namespace radonc::data {

namespace {

void limit_training(Split& split, std::size_t max_train) {
  if (max_train > 0 && split.train.size() > max_train) split.train.resize(max_train);
}

void count_duplicate_details(Split& split) {
  std::set<std::string> held_out;
  for (const CaseRecord& record : split.test) held_out.insert(diagnostic_details(record));
  for (const CaseRecord& record : split.train)
    split.num_duplicate_details += held_out.count(diagnostic_details(record));
}

}  // namespace

Split split_by_patient(const std::vector<CaseRecord>& cases, const SplitOptions& options) {
  std::map<std::string, std::vector<const CaseRecord*>> by_patient;
  for (const CaseRecord& record : cases) by_patient[record.patient_id].push_back(&record);
  std::vector<std::string> patients;
  for (const auto& [patient, unused] : by_patient) patients.push_back(patient);
  core::Random(options.seed).shuffle(patients);

  Split split;
  for (const std::string& patient : patients) {
    auto& part = split.test.size() < options.num_test               ? split.test
                 : split.validation.size() < options.num_validation ? split.validation
                                                                    : split.train;
    for (const CaseRecord* record : by_patient[patient]) part.push_back(*record);
  }
  if (split.train.empty()) {
    throw Error(
        fmt::format("{} cases are too few for {} test and {} validation cases: nothing is left to train on. Ask "
                    "for fewer held-out cases.",
                    cases.size(), options.num_test, options.num_validation));
  }
  limit_training(split, options.max_train);
  count_duplicate_details(split);
  return split;
}

CohortSplit split_by_cohort(const std::vector<CaseRecord>& train, const std::vector<CaseRecord>& test,
                            const SplitOptions& options) {
  std::set<std::string> patients, ids;
  for (const CaseRecord& record : test) {
    patients.insert(record.patient_id);
    ids.insert(record.case_id);
  }
  CohortSplit split;
  split.train = train;
  split.num_dropped =
      std::erase_if(split.train, [&](const CaseRecord& record) { return patients.contains(record.patient_id); });
  for (const CaseRecord& record : split.train)
    if (ids.contains(record.case_id))
      throw Error(
          fmt::format("Case {} is in the training and in the test records, of different patients. Give the cases "
                      "of one of them other ids, such as with the hospital's name before them.",
                      record.case_id));
  if (split.train.empty())
    throw Error("Nothing is left to train on: every patient of the records is among the test records, too.");
  core::Random random(options.seed);
  random.shuffle(split.train);
  split.test = test;
  random.shuffle(split.test);
  if (options.num_test > 0 && split.test.size() > options.num_test) split.test.resize(options.num_test);
  limit_training(split, options.max_train);
  count_duplicate_details(split);
  return split;
}

std::string to_json(const Split& split) {
  const auto ids = [](const std::vector<CaseRecord>& part) {
    std::vector<std::string> all;
    for (const CaseRecord& record : part) all.push_back(record.case_id);
    return all;
  };
  const nlohmann::ordered_json content = {{"train", ids(split.train)},
                                          {"validation", ids(split.validation)},
                                          {"test", ids(split.test)},
                                          {"num_duplicate_details", split.num_duplicate_details}};
  return content.dump(1) + "\n";
}

}  // namespace radonc::data
