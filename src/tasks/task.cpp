#include "radonc/tasks/task.hpp"

#include <fmt/format.h>

#include "radonc/core/error.hpp"
#include "radonc/data/details.hpp"
#include "radonc/data/subgroups.hpp"
#include "tasks/text.hpp"

namespace radonc::tasks {
namespace {

// Short, since every prompt begins with it.
constexpr const char* kSystem =
    "You are a radiation oncology assistant. Answer with the requested line only, in exactly the given format.";

}  // namespace

std::string to_string(Allowed allowed) {
  return allowed == Allowed::kAnyText ? "any text" : "valid answers";
}

Task::Parsed Task::parse_text(const std::string& text) const {
  return named_answer(text, valid_answers());
}

bool Task::is_right(const std::string& prediction, const std::string& reference) const {
  return prediction == reference;
}

std::string Task::comparison() const {
  return "An answer is right if it is the reference.";
}

Pair Task::build_pair(const data::CaseRecord& record) const {
  const Reference answer = reference(record);
  if (!answer) {
    throw Error(fmt::format("{}: case {} has no complete answer for the task {} ({}). Leave it out of this task.",
                            record.where.empty() ? "record" : record.where, record.case_id, name(), answer.reason));
  }
  return {.case_id = record.case_id,
          .patient_id = record.patient_id,
          .task = name(),
          .system = kSystem,
          .details = data::diagnostic_details(record),
          .question = question(),
          .answer = *answer,
          .subgroups = data::subgroups(record)};
}

Prediction Task::parse(const std::string& case_id, const std::string& model, const std::string& text,
                       std::optional<double> probability, Allowed allowed) const {
  const Parsed parsed = parse_text(text);
  return {.case_id = case_id,
          .task = name(),
          .model = model,
          .allowed = allowed,
          .text = text,
          .parsed = parsed.value.has_value(),
          .value = parsed.value.value_or(""),
          .reason = parsed.value ? "" : parsed.reason,
          .probability = probability};
}

Score Task::score(const Prediction& prediction, const Pair& pair) const {
  if (prediction.case_id != pair.case_id || prediction.task != pair.task || pair.task != name()) {
    throw Error(fmt::format("A prediction for case {} ({}) cannot be scored against case {} ({}).", prediction.case_id,
                            prediction.task, pair.case_id, pair.task));
  }
  const auto value = prediction.parsed ? std::optional(prediction.value) : std::nullopt;
  return {.case_id = pair.case_id,
          .patient_id = pair.patient_id,
          .task = pair.task,
          .title = title(),
          .has_classes = has_classes(),
          .model = prediction.model,
          .allowed = prediction.allowed,
          .reference = pair.answer,
          .prediction = prediction.value,
          .parsed = prediction.parsed,
          .correct = value && is_right(*value, pair.answer) ? 1.0 : 0.0,
          .rouge1 = metrics::rouge_n(pair.answer, prediction.text, 1),
          .partial = partial_credits(value, pair.answer),
          .quantities = value ? quantities(*value, pair.answer) : std::vector<Quantity>{},
          .probability = prediction.probability,
          .subgroups = pair.subgroups};
}

}  // namespace radonc::tasks
