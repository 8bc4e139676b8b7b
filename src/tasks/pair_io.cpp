#include "radonc/tasks/pair_io.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"

namespace radonc::tasks {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// A model's answer may end inside a character; what is not UTF-8 is written as U+FFFD.
std::string dump(const ordered_json& line) {
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

template <typename Item, typename Read>
std::vector<Item> read_lines(const std::filesystem::path& path, const char* what, const Read& read) {
  const std::string content = core::read_file(path);
  std::vector<Item> items;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::string_view line = std::string_view(content).substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.empty()) continue;
    try {
      items.push_back(read(ordered_json::parse(line)));
    } catch (const json::exception&) {
      throw Error(
          fmt::format("{}:{}: expected {} as the study writes it. The file is damaged.", path.string(), number, what));
    }
  }
  return items;
}

using Named = std::vector<std::pair<std::string, std::string>>;

ordered_json object_of(const auto& named) {
  ordered_json object = ordered_json::object();
  for (const auto& [name, value] : named) object[name] = value;
  return object;
}

/// Files of other programs need not have it.
Named subgroups_of(const ordered_json& item) {
  Named named;
  if (item.contains("subgroups"))
    for (const auto& [name, value] : item.at("subgroups").items()) named.emplace_back(name, value.get<std::string>());
  return named;
}

ordered_json json_of(const std::vector<Quantity>& quantities) {
  ordered_json list = ordered_json::array();
  for (const Quantity& q : quantities)
    list.push_back({{"name", q.name}, {"unit", q.unit}, {"value", q.value}, {"reference", q.reference}});
  return list;
}

Allowed allowed_of(const ordered_json& item) {
  const std::string text = item.value("allowed", to_string(Allowed::kAnyText));
  for (const Allowed allowed : {Allowed::kAnyText, Allowed::kValidAnswers})
    if (text == to_string(allowed)) return allowed;
  throw nlohmann::json::other_error::create(501, "unknown value of allowed", &item);
}

ordered_json json_of(const std::optional<double>& probability) {
  return probability ? ordered_json(*probability) : ordered_json(nullptr);
}

std::optional<double> probability_of(const ordered_json& item) {
  const auto found = item.find("probability");
  if (found == item.end() || found->is_null()) return std::nullopt;
  return found->get<double>();
}

}  // namespace

std::string to_json(const Pair& p) {
  return dump({{"case_id", p.case_id},
               {"patient_id", p.patient_id},
               {"task", p.task},
               {"system", p.system},
               {"details", p.details},
               {"question", p.question},
               {"answer", p.answer},
               {"subgroups", object_of(p.subgroups)}});
}

std::string to_json(const Prediction& p) {
  return dump({{"case_id", p.case_id},
               {"task", p.task},
               {"model", p.model},
               {"allowed", to_string(p.allowed)},
               {"text", p.text},
               {"parsed", p.parsed},
               {"value", p.value},
               {"reason", p.reason},
               {"probability", json_of(p.probability)}});
}

std::string to_json(const Score& s) {
  return dump({{"case_id", s.case_id},
               {"patient_id", s.patient_id},
               {"task", s.task},
               {"title", s.title},
               {"has_classes", s.has_classes},
               {"model", s.model},
               {"allowed", to_string(s.allowed)},
               {"reference", s.reference},
               {"prediction", s.prediction},
               {"parsed", s.parsed},
               {"correct", s.correct},
               {"rouge1_precision", s.rouge1.precision},
               {"rouge1_recall", s.rouge1.recall},
               {"rouge1_f1", s.rouge1.f1},
               {"partial", object_of(s.partial)},
               {"quantities", json_of(s.quantities)},
               {"probability", json_of(s.probability)},
               {"subgroups", object_of(s.subgroups)}});
}

std::vector<Pair> read_pairs(const std::filesystem::path& path) {
  return read_lines<Pair>(path, "a pair", [](const ordered_json& item) {
    return Pair{.case_id = item.at("case_id"),
                .patient_id = item.at("patient_id"),
                .task = item.at("task"),
                .system = item.at("system"),
                .details = item.at("details"),
                .question = item.at("question"),
                .answer = item.at("answer"),
                .subgroups = subgroups_of(item)};
  });
}

std::vector<Prediction> read_predictions(const std::filesystem::path& path) {
  return read_lines<Prediction>(path, "a prediction", [](const ordered_json& item) {
    return Prediction{.case_id = item.at("case_id"),
                      .task = item.at("task"),
                      .model = item.at("model"),
                      .allowed = allowed_of(item),
                      .text = item.at("text"),
                      .parsed = item.at("parsed"),
                      .value = item.at("value"),
                      .reason = item.at("reason"),
                      .probability = probability_of(item)};
  });
}

std::vector<Score> read_scores(const std::filesystem::path& path) {
  return read_lines<Score>(path, "a score", [](const ordered_json& item) {
    Score score{.case_id = item.at("case_id"),
                .patient_id = item.at("patient_id"),
                .task = item.at("task"),
                .title = item.value("title", item.at("task").get<std::string>()),
                .has_classes = item.at("has_classes"),
                .model = item.at("model"),
                .allowed = allowed_of(item),
                .reference = item.at("reference"),
                .prediction = item.at("prediction"),
                .parsed = item.at("parsed"),
                .correct = item.at("correct"),
                .rouge1 = {item.at("rouge1_precision"), item.at("rouge1_recall"), item.at("rouge1_f1")},
                .probability = probability_of(item),
                .subgroups = subgroups_of(item)};
    for (const auto& [name, credit] : item.at("partial").items())
      score.partial.emplace_back(name, credit.get<double>());
    for (const ordered_json& quantity : item.value("quantities", ordered_json::array()))
      score.quantities.push_back(
          {quantity.at("name"), quantity.at("unit"), quantity.at("value"), quantity.at("reference")});
    return score;
  });
}

template <typename Item>
void write_lines(const std::filesystem::path& path, const std::vector<Item>& items) {
  std::string content;
  for (const Item& item : items) content += to_json(item) + "\n";
  core::write_file_atomically(path, content);
}

template void write_lines(const std::filesystem::path&, const std::vector<Pair>&);
template void write_lines(const std::filesystem::path&, const std::vector<Prediction>&);
template void write_lines(const std::filesystem::path&, const std::vector<Score>&);

}  // namespace radonc::tasks
