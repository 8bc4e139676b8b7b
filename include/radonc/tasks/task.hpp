// What the tasks of a study have in common: a case becomes a prompt and an answer, a model's answer becomes a value or
// "unparsed", and a value is scored against the reference. What is particular to a task, it says itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/core/grammar.hpp"
#include "radonc/core/reading.hpp"
#include "radonc/data/case_record.hpp"
#include "radonc/metrics/rouge.hpp"

namespace radonc::tasks {

/// One supervised example. `system` and `details` are the same for all tasks of a case and come first, so that their
/// tokens can be computed once for all of them.
struct RADONC_API Pair {
  std::string case_id;
  std::string patient_id;
  std::string task;      ///< Task::name
  std::string system;    ///< the instruction shared by all cases and tasks
  std::string details;   ///< the diagnostic details, one "Name: value" a line
  std::string question;  ///< the task and the exact format of its answer
  std::string answer;    ///< the reference, in the canonical form that the question asks for
  /// Properties by which results are looked at apart, name → value, see data::subgroups. Never in the prompt.
  std::vector<std::pair<std::string, std::string>> subgroups = {};

  /// What the user's turn says: details, an empty line, question.
  [[nodiscard]] std::string prompt() const { return details + "\n\n" + question; }
};

/// Which answers a model could give.
enum class Allowed {
  kAnyText,
  kValidAnswers,  ///< confined to the task's valid answers, by their list or their grammar
};

/// "any text" or "valid answers".
RADONC_API std::string to_string(Allowed allowed);

/// A model's answer, parsed.
struct RADONC_API Prediction {
  std::string case_id;
  std::string task;
  std::string model;  ///< which model answered: an arm's name, or a baseline's
  Allowed allowed = Allowed::kAnyText;
  std::string text;  ///< the answer as generated
  bool parsed = false;
  std::string value;   ///< canonical form of the answer; empty when unparsed
  std::string reason;  ///< why it is unparsed; empty when parsed
  /// With which the model gave this text, among the texts that it was allowed; nothing where there is none.
  std::optional<double> probability = {};
};

/// A number that both an answer and the reference have, such as the total dose.
struct RADONC_API Quantity {
  std::string name;
  std::string unit;
  double value = 0;  ///< the answer's
  double reference = 0;

  bool operator==(const Quantity&) const = default;
};

/// One case's score for one task and one model: all that results are computed from.
struct RADONC_API Score {
  std::string case_id;
  std::string patient_id;
  std::string task;         ///< Task::name
  std::string title;        ///< Task::title
  bool has_classes = true;  ///< Task::has_classes
  std::string model;
  Allowed allowed = Allowed::kAnyText;
  std::string reference;   ///< canonical reference
  std::string prediction;  ///< canonical prediction, empty when unparsed
  bool parsed = false;
  double correct = 0;                                        ///< 1 where Task::is_right says so, else 0
  metrics::RougeScore rouge1;                                ///< of the generated text against the reference's text
  std::vector<std::pair<std::string, double>> partial = {};  ///< Task::partial_credits
  std::vector<Quantity> quantities = {};                     ///< Task::quantities; none when unparsed
  std::optional<double> probability = {};                    ///< Prediction::probability
  std::vector<std::pair<std::string, std::string>> subgroups = {};  ///< Pair::subgroups
};

/// A case's recorded answer in canonical form, or the reason why it has none.
struct RADONC_API Reference : core::Reading<std::string> {
  std::string remark =
      {};  ///< what is to be known of how it was read, e.g. "dose unit corrected"; for the flow of cases
};

/// One task. Implementations are immutable and may be shared between threads. A task of one's own needs name(),
/// title(), question() and reference(), and valid_answers() or parse_text(); see examples/cpp/03_own_task.cpp.
class RADONC_API Task {
 public:
  virtual ~Task() = default;

  /// Short, for files and options: letters, digits and "_".
  [[nodiscard]] virtual std::string name() const = 0;

  /// For people: "ICD-10 code".
  [[nodiscard]] virtual std::string title() const = 0;

  /// Whether answers are labels, which have precision, recall and a confusion matrix, and are tested by accuracy. Else
  /// they are sentences, tested by ROUGE-1 F1 and, besides, by accuracy.
  [[nodiscard]] virtual bool has_classes() const { return true; }

  /// The recorded answer, or why the case has none. The reason is a rule's name, never a record's text.
  [[nodiscard]] virtual Reference reference(const data::CaseRecord& record) const = 0;

  /// The question put after the details, with the answer's format spelled out. The same for every case.
  [[nodiscard]] virtual std::string question() const = 0;

  /// Every answer that is valid, in canonical form, where there is a list of them; else empty.
  [[nodiscard]] virtual std::vector<std::string> valid_answers() const { return {}; }

  /// The valid answers, in canonical form, where they are too many for a list; else none.
  [[nodiscard]] virtual std::shared_ptr<const core::Grammar> grammar() const { return nullptr; }

  /// The canonical form of an answer, or nothing and the reason. Tolerates case, white space and a trailing full stop;
  /// never guesses. By default the one valid answer that the first line to name any names.
  using Parsed = core::Reading<std::string>;
  [[nodiscard]] virtual Parsed parse_text(const std::string& text) const;

  /// Whether a parsed answer is right. By default: whether the two canonical forms are the same.
  [[nodiscard]] virtual bool is_right(const std::string& prediction, const std::string& reference) const;

  /// Credits for a partly right answer, name → 0 to 1, such as "target" or "category"; nothing for an unparsed one
  /// gives 0 for each.
  [[nodiscard]] virtual std::vector<std::pair<std::string, double>> partial_credits(
      const std::optional<std::string>& /*prediction*/, const std::string& /*reference*/) const {
    return {};
  }

  /// Numbers of a parsed answer beside the reference's; results show how far apart they are.
  [[nodiscard]] virtual std::vector<Quantity> quantities(const std::string& /*prediction*/,
                                                         const std::string& /*reference*/) const {
    return {};
  }

  /// How an answer is compared with the reference, and what the partial credits and quantities mean: sentences for the
  /// report.
  [[nodiscard]] virtual std::string comparison() const;

  /// What a canonical answer means, where that is not plain from its text; else empty.
  [[nodiscard]] virtual std::string describe(const std::string& /*answer*/) const { return {}; }

  /// Throws radonc::Error naming the case if it has no complete answer for this task.
  [[nodiscard]] Pair build_pair(const data::CaseRecord& record) const;

  [[nodiscard]] Prediction parse(const std::string& case_id, const std::string& model, const std::string& text,
                                 std::optional<double> probability = {}, Allowed allowed = Allowed::kAnyText) const;

  /// Throws radonc::Error unless prediction and pair are of the same case and task.
  [[nodiscard]] Score score(const Prediction& prediction, const Pair& pair) const;
};

using TaskList = std::vector<std::shared_ptr<const Task>>;

}  // namespace radonc::tasks
