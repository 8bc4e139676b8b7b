#include "radonc/clinical/icd10.hpp"

#include <regex>

#include "radonc/tasks/study_tasks.hpp"
#include "tasks/text.hpp"

namespace radonc::tasks {
namespace {

/// T2A and N1B are stages. ICD-10-CM has a letter in third place in a few categories only, none under T or N.
bool is_stage(const std::string& code) {
  return (code[0] == 'T' || code[0] == 'N' || code[0] == 'M') && (code[2] == 'A' || code[2] == 'B') && code != "M1A";
}

class Icd10Task : public Task {
 public:
  std::string name() const override { return "icd10"; }

  std::string title() const override { return "ICD-10 code"; }

  Reference reference(const data::CaseRecord& record) const override {
    const auto code = clinical::normalize_icd10(record.icd10);
    return {{code, code ? "" : "code missing or not well formed"}};
  }

  std::string comparison() const override {
    return "An answer is right if it is the recorded code. Category, block and chapter: whether both codes are in the "
           "same one; valid code: whether the answer is in ICD-10-CM's list, right or wrong.";
  }

  std::string describe(const std::string& answer) const override {
    return clinical::icd10_description(answer).value_or("");
  }

  std::string question() const override {
    return "What is the ICD-10-CM code of this tumor? Answer with the code alone, such as C15.9.";
  }

  // Not the leaves alone: records often hold a code above them, such as C50.9.
  std::vector<std::string> valid_answers() const override { return clinical::icd10_codes("2"); }

  Parsed parse_text(const std::string& text) const override {
    // A letter, a digit, a digit or A or B, then up to four more behind a point.
    static const std::regex kCode(R"(\b[A-Za-z]\d[0-9ABab](?:\.?[0-9A-Za-z]{1,4})?\b)", std::regex::optimize);
    for (const std::string& line : lines(text)) {
      std::optional<std::string> code;
      for (std::sregex_iterator match(line.begin(), line.end(), kCode), end; match != end; ++match) {
        const auto found = clinical::normalize_icd10(match->str());
        if (!found || is_stage(*found)) continue;
        if (code && *code != *found) return {std::nullopt, "names more than one code"};
        code = found;
      }
      if (code) return {code, ""};
    }
    return {std::nullopt, "names no code"};
  }

  std::vector<std::pair<std::string, double>> partial_credits(const std::optional<std::string>& prediction,
                                                              const std::string& reference) const override {
    const auto same_group = [&](std::optional<clinical::Icd10Group> (*group)(std::string_view)) {
      const auto expected = group(reference);
      return prediction && expected && group(*prediction) == expected;
    };
    return {{"category", prediction && clinical::icd10_category(*prediction) == clinical::icd10_category(reference)},
            {"block", same_group(clinical::icd10_block)},
            {"chapter", same_group(clinical::icd10_chapter)},
            {"valid_code", prediction && clinical::icd10_exists(*prediction)}};
  }
};

}  // namespace

std::shared_ptr<const Task> icd10_task() {
  return std::make_shared<Icd10Task>();
}

}  // namespace radonc::tasks
