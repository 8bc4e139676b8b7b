// What the three tasks of the study have in common: a case becomes a prompt and an answer, a model's answer becomes a
// typed value or "unparsed", and a value is scored against the reference.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "radonc/core/grammar.hpp"
#include "radonc/data/case_record.hpp"
#include "radonc/metrics/rouge.hpp"

namespace radonc::tasks {

/// One supervised example. `system` and `details` are the same for all tasks of a case and come first, so that their
/// tokens can be computed once for all of them.
struct Pair {
  std::string case_id;
  std::string patient_id;
  std::string task;      ///< "regimen", "modality" or "icd10"
  std::string system;    ///< the instruction shared by all cases and tasks
  std::string details;   ///< the diagnostic details, one "Name: value" a line
  std::string question;  ///< the task and the exact format of its answer
  std::string answer;    ///< the reference, in the canonical form that the question asks for
  /// Properties by which results are looked at apart, name → value, see data::subgroups. Never in the prompt.
  std::vector<std::pair<std::string, std::string>> subgroups = {};

  /// What the user's turn says: details, an empty line, question.
  [[nodiscard]] std::string prompt() const { return details + "\n\n" + question; }
};

/// A model's answer, parsed.
struct Prediction {
  std::string case_id;
  std::string task;
  std::string model;  ///< which model answered, e.g. "original" or "fine-tuned"
  std::string text;   ///< the answer as generated
  bool parsed = false;
  std::string value;   ///< canonical form of the answer; empty when unparsed
  std::string reason;  ///< why it is unparsed; empty when parsed
  /// With which the model gave this text, among the texts that it was allowed; nothing where there is none.
  std::optional<double> probability = {};
};

/// One case's score for one task and one model.
struct Score {
  std::string case_id;
  std::string patient_id;
  std::string task;
  std::string model;
  std::string reference;   ///< canonical reference
  std::string prediction;  ///< canonical prediction, empty when unparsed
  bool parsed = false;
  double correct = 0;          ///< 1 where the typed value equals the reference's, else 0
  metrics::RougeScore rouge1;  ///< of the generated text against the reference's text
  /// Task-specific partial credits, name → 0 to 1: "total_dose", "target" and more for regimens; for ICD-10 "category",
  /// "block" and "chapter", and "valid", whether the answer is in ICD-10-CM's list, right or wrong.
  std::vector<std::pair<std::string, double>> partial;
  std::optional<double> probability = {};                           ///< Prediction::probability
  std::vector<std::pair<std::string, std::string>> subgroups = {};  ///< Pair::subgroups
};

/// One task. Implementations are immutable and may be shared between threads.
class Task {
 public:
  virtual ~Task() = default;

  [[nodiscard]] virtual std::string name() const = 0;

  /// The reference answer in canonical form, or nothing where the case has no complete answer for this task.
  [[nodiscard]] virtual std::optional<std::string> reference(const data::CaseRecord& record) const = 0;

  /// The question put after the details, with the answer's format spelled out. The same for every case.
  [[nodiscard]] virtual std::string question() const = 0;

  /// Every answer that is valid, in canonical form, where there is a list of them; else empty.
  [[nodiscard]] virtual std::vector<std::string> valid_answers() const { return {}; }

  /// The valid answers, in canonical form, where they are too many for a list; else none.
  [[nodiscard]] virtual std::shared_ptr<const core::Grammar> grammar() const { return nullptr; }

  /// The canonical form of an answer, or nothing and the reason. Tolerates case, white space and a trailing full stop;
  /// never guesses.
  struct Parsed {
    std::optional<std::string> value;
    std::string reason;
  };
  [[nodiscard]] virtual Parsed parse_text(const std::string& text) const = 0;

  /// Partial credits for a parsed prediction, as in Score::partial.
  [[nodiscard]] virtual std::vector<std::pair<std::string, double>> partial_credits(
      const std::optional<std::string>& prediction, const std::string& reference) const = 0;

  /// Throws radonc::Error naming the case if it has no complete answer for this task.
  [[nodiscard]] Pair build_pair(const data::CaseRecord& record) const;

  [[nodiscard]] Prediction parse(const std::string& case_id, const std::string& model, const std::string& text,
                                 std::optional<double> probability = {}) const;

  /// Throws radonc::Error unless prediction and pair are of the same case and task.
  [[nodiscard]] Score score(const Prediction& prediction, const Pair& pair) const;
};

}  // namespace radonc::tasks
