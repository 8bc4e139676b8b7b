#include "radonc/evaluation/study_result.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "radonc/core/error.hpp"

namespace radonc::evaluation {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 2;  // of study.json

// Each struct's fields are listed once; Writer and Reader both walk that list.
template <class A, class T>
constexpr bool kSame = std::is_same_v<std::remove_const_t<T>, A>;

template <class V, class T>
void walk(V& v, T& s) {
  if constexpr (kSame<stats::Estimate, T>) {
    v("value", s.value), v("low", s.low), v("high", s.high), v("n", s.n);
  } else if constexpr (kSame<metrics::AverageMetrics, T>) {
    v("precision", s.precision), v("recall", s.recall), v("f1", s.f1);
  } else if constexpr (kSame<metrics::ClassMetrics, T>) {
    v("label", s.label), v("precision", s.precision), v("recall", s.recall), v("f1", s.f1), v("support", s.support);
  } else if constexpr (kSame<metrics::ConfusionMatrix, T>) {
    v("rows", s.rows), v("columns", s.columns), v("counts", s.counts);
  } else if constexpr (kSame<metrics::ReliabilityBin, T>) {
    v("low", s.low), v("high", s.high), v("n", s.n), v("mean_confidence", s.mean_confidence);
    v("accuracy", s.accuracy);
  } else if constexpr (kSame<metrics::ReliabilityTable, T>) {
    v("expected_calibration_error", s.expected_calibration_error);
    v("maximum_calibration_error", s.maximum_calibration_error), v("mean_confidence", s.mean_confidence);
    v("accuracy", s.accuracy), v("n", s.n), v("bins", s.bins);
  } else if constexpr (kSame<metrics::CoveragePoint, T>) {
    v("threshold", s.threshold), v("coverage", s.coverage), v("accuracy", s.accuracy);
    v("num_answered", s.num_answered);
  } else if constexpr (kSame<metrics::CoverageCurve, T>) {
    v("area", s.area), v("points", s.points);
  } else if constexpr (kSame<Calibration, T>) {
    v("brier", s.brier), v("reliability", s.reliability), v("coverage", s.coverage);
  } else if constexpr (kSame<QuantityDifference, T>) {
    v("name", s.name), v("unit", s.unit), v("n", s.n), v("mean_absolute", s.mean_absolute);
    v("within_five_percent", s.within_five_percent);
  } else if constexpr (kSame<ModelMetrics, T>) {
    v("model", s.model), v("n", s.n), v("num_parsed", s.num_parsed), v("accuracy", s.accuracy);
    v("rouge1_f1", s.rouge1_f1), v("rouge1_precision", s.rouge1_precision), v("rouge1_recall", s.rouge1_recall);
    v("partial", s.partial), v("quantities", s.quantities), v("calibration", s.calibration), v("macro", s.macro);
    v("weighted", s.weighted), v("balanced_accuracy", s.balanced_accuracy), v("kappa", s.kappa);
    v("matthews", s.matthews), v("classes", s.classes), v("confusion", s.confusion);
  } else if constexpr (kSame<stats::WilcoxonResult, T>) {
    v("statistic", s.statistic), v("p_value", s.p_value), v("z", s.z), v("w_plus", s.w_plus), v("w_minus", s.w_minus);
    v("n", s.n), v("num_zeros", s.num_zeros), v("num_nonzero", s.num_nonzero), v("ties", s.ties);
    v("method", s.method), v("zero_method", s.zero_method), v("alternative", s.alternative);
    v("smallest_p", s.smallest_p), v("rank_biserial", s.rank_biserial), v("reference", s.reference);
  } else if constexpr (kSame<ScoreDifferences, T>) {
    v("score", s.score), v("num_better", s.num_better), v("num_equal", s.num_equal), v("num_worse", s.num_worse);
    v("histogram", s.histogram);
  } else if constexpr (kSame<Comparison, T>) {
    v("first", s.first), v("second", s.second), v("score", s.score), v("difference", s.difference);
    v("test", s.test), v("p_holm", s.p_holm);
  } else if constexpr (kSame<Subgroup, T>) {
    v("variable", s.variable), v("value", s.value), v("n", s.n), v("num_patients", s.num_patients);
    v("before", s.before), v("after", s.after), v("difference", s.difference), v("p_value", s.p_value);
    v("method", s.method);
    v("p_adjusted", s.p_adjusted);
  } else if constexpr (kSame<TaskResult, T>) {
    v("task", s.task), v("title", s.title), v("allowed", s.allowed), v("num_train", s.num_train),
        v("num_cases", s.num_cases), v("num_patients", s.num_patients);
    v("has_classes", s.has_classes), v("labels", s.labels), v("models", s.models), v("confidence", s.confidence);
    v("majority_label", s.majority_label), v("tested_score", s.tested_score), v("test", s.test);
    v("difference", s.difference), v("p_holm", s.p_holm), v("accuracy_test", s.accuracy_test);
    v("score_differences", s.score_differences), v("comparisons", s.comparisons), v("subgroups", s.subgroups);
  } else if constexpr (kSame<FlowRow, T>) {
    v("rule", s.rule), v("dropped", s.dropped), v("left", s.left);
  } else if constexpr (kSame<SplitSize, T>) {
    v("part", s.part), v("cases", s.cases), v("patients", s.patients);
  } else if constexpr (kSame<LossPoint, T>) {
    v("step", s.step), v("loss", s.loss);
  } else if constexpr (kSame<TrainingSummary, T>) {
    v("task", s.task), v("steps", s.steps), v("tokens", s.tokens), v("seconds", s.seconds),
        v("final_loss", s.final_loss);
    v("curve", s.curve);
  } else if constexpr (kSame<TaskPrompt, T>) {
    v("task", s.task), v("title", s.title), v("system", s.system), v("question", s.question);
    v("comparison", s.comparison);
  } else if constexpr (kSame<ArmResult, T>) {
    v("name", s.name), v("description", s.description), v("model", s.model), v("prompts", s.prompts);
    v("settings", s.settings), v("training", s.training), v("files", s.files);
  } else if constexpr (kSame<Example, T>) {
    v("case_id", s.case_id), v("task", s.task), v("title", s.title), v("reference", s.reference),
        v("answers", s.answers);
  } else if constexpr (kSame<NamedValue, T>) {
    v("name", s.first), v("value", s.second);
  } else {
    static_assert(kSame<StudyResult, T>);
    v("arms", s.arms), v("tasks", s.tasks), v("left_out", s.left_out), v("flow", s.flow), v("test_flow", s.test_flow);
    v("split", s.split), v("label_sets", s.label_sets), v("settings", s.settings), v("prompts", s.prompts);
    v("examples", s.examples);
    v("files", s.files), v("environment", s.environment), v("peak_memory_bytes", s.peak_memory_bytes),
        v("wall_seconds", s.wall_seconds);
  }
}

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
Json write(const T& value, const std::string& where) {
  if constexpr (std::is_same_v<T, double>) {
    if (!std::isfinite(value))
      throw Error(
          fmt::format("study.json: {} must be a finite number, got {}. "
                      "A score or test behind it is undefined; leave it out.",
                      where, value));
    return value;
  } else if constexpr (std::is_enum_v<T>) {
    return to_string(value);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (IsVector<T>::value) {
    Json array = Json::array();
    for (std::size_t i = 0; i < value.size(); ++i) array.push_back(write(value[i], fmt::format("{}[{}]", where, i)));
    return array;
  } else if constexpr (IsMap<T>::value) {
    Json object = Json::object();
    for (const auto& [key, entry] : value) object[key] = write(entry, where + "." + key);
    return object;
  } else if constexpr (IsOptional<T>::value) {
    return value ? write(*value, where) : Json(nullptr);
  } else {
    Json object = Json::object();
    const auto visit = [&](const char* key, const auto& field) {
      object[key] = write(field, where.empty() ? key : where + "." + key);
    };
    walk(visit, value);
    return object;
  }
}

[[noreturn]] void fail(const std::string& where, const char* expected, const Json& json) {
  throw Error(fmt::format("study.json: {} must be {}, got {}. Write the file with radonc of this version.",
                          where.empty() ? "the whole" : where, expected, json.type_name()));
}

template <class T>
void read(const Json& json, T& value, const std::string& where) {
  if constexpr (std::is_same_v<T, double>) {
    if (!json.is_number()) fail(where, "a number", json);
    value = json.get<double>();
    if (!std::isfinite(value)) fail(where, "a finite number", json);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_boolean()) fail(where, "true or false", json);
    value = json.get<bool>();
  } else if constexpr (std::is_integral_v<T>) {
    if (!json.is_number_unsigned()) fail(where, "a whole number of at least 0", json);
    value = json.get<T>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) fail(where, "a string", json);
    value = json.get<std::string>();
  } else if constexpr (std::is_enum_v<T>) {
    if (!json.is_string()) fail(where, "a string", json);
    for (int i = 0; i < 4; ++i)
      if (to_string(static_cast<T>(i)) == json.get<std::string>()) {
        value = static_cast<T>(i);
        return;
      }
    fail(where, "a known name", json);
  } else if constexpr (IsVector<T>::value) {
    if (!json.is_array()) fail(where, "an array", json);
    value.assign(json.size(), {});
    for (std::size_t i = 0; i < json.size(); ++i) read(json[i], value[i], fmt::format("{}[{}]", where, i));
  } else if constexpr (IsMap<T>::value) {
    if (!json.is_object()) fail(where, "an object", json);
    value.clear();
    for (const auto& [key, entry] : json.items()) read(entry, value[key], where + "." + key);
  } else if constexpr (IsOptional<T>::value) {
    value.reset();
    if (!json.is_null()) read(json, value.emplace(), where);
  } else {
    if (!json.is_object()) fail(where, "an object", json);
    const auto visit = [&](const char* key, auto& field) {
      const std::string path = where.empty() ? key : where + "." + key;
      const auto entry = json.find(key);
      if (entry == json.end())
        throw Error(
            fmt::format("study.json: the field {} is missing. Write the file with radonc of this version.", path));
      read(*entry, field, path);
    };
    walk(visit, value);
  }
}

}  // namespace

std::string to_json(const StudyResult& result) {
  Json json = Json::object();
  json["format"] = kFormat;
  json.update(write(result, ""));
  // A model may generate bytes that are no UTF-8; they become U+FFFD.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

StudyResult study_result_from_json(std::string_view text) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw Error(fmt::format("study.json: not JSON at byte {} of {}. The file may be truncated; run the study again.",
                            error.byte, text.size()));
  }
  if (!json.is_object()) fail("", "an object", json);
  if (json.value("format", Json()) != kFormat)
    throw Error(
        fmt::format("study.json: format must be {}. The file is of another version of radonc, or no study.", kFormat));
  StudyResult result;
  read(json, result, "");
  for (const TaskResult& task : result.tasks)
    if (task.models.size() < 2)
      throw Error(
          fmt::format("study.json: the task {} has {} models, expected two or more.", task.task, task.models.size()));
  return result;
}

}  // namespace radonc::evaluation
