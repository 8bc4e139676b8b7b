#include "study/stage_book.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/core/sha256.hpp"

namespace radonc::study {
namespace {

using nlohmann::ordered_json;

ordered_json object_of(const std::vector<NamedValue>& values) {
  ordered_json object = ordered_json::object();
  for (const auto& [name, value] : values) object[name] = value;
  return object;
}

std::vector<NamedValue> values_of(const ordered_json& object) {
  std::vector<NamedValue> values;
  for (const auto& [name, value] : object.items()) values.emplace_back(name, value.get<std::string>());
  return values;
}

StageRecord read_record(const std::filesystem::path& path) {
  try {
    const auto json = ordered_json::parse(core::read_file(path));
    return {json.at("stage"), values_of(json.at("inputs")), values_of(json.at("facts")), values_of(json.at("files"))};
  } catch (const nlohmann::json::exception&) {
    throw Error(
        fmt::format("{}: expected a stage's record as a study writes it. The file is damaged: make the study "
                    "anew (fresh).",
                    path.string()));
  }
}

/// "seed 0, now 1; epochs 1, now 2". Hashes are not shown.
std::string differences(const std::vector<NamedValue>& before, const std::vector<NamedValue>& now) {
  std::vector<std::string> found;
  const auto shown = [](const std::string& value) {
    const bool is_hash = value.size() == 64 && value.find_first_not_of("0123456789abcdef") == std::string::npos;
    return is_hash ? std::string() : value.empty() ? " none" : " " + value;
  };
  const auto add = [&](const std::string& name, const std::string& then, const std::string& value) {
    if (then == value) return;
    const std::string was = shown(then), is = shown(value);
    found.push_back(was.empty() || is.empty() ? "other " + name : fmt::format("{}{}, now{}", name, was, is));
  };
  for (const auto& [name, value] : now) add(name, value_of(before, name), value);
  for (const auto& [name, value] : before)
    if (std::ranges::find(now, name, &NamedValue::first) == now.end()) add(name, value, "");
  return fmt::format("{}", fmt::join(found, "; "));
}

}  // namespace

StageBook::StageBook(std::filesystem::path folder) : folder_(std::move(folder)) {}

std::filesystem::path StageBook::path_of(const std::string& stage) const {
  return folder_ / "stages" / (file_name_of(stage) + ".json");
}

std::optional<StageRecord> StageBook::finished(const std::string& stage, const std::vector<NamedValue>& inputs) const {
  const auto path = path_of(stage);
  if (!std::filesystem::exists(path)) return std::nullopt;
  StageRecord record = read_record(path);
  constexpr const char* kChoice = "Choose another folder, or make everything anew (fresh, --fresh).";
  if (record.inputs != inputs)
    throw Error(fmt::format("{}: the stage “{}” was made from other inputs: {}. {}", folder_.string(), stage,
                            differences(record.inputs, inputs), kChoice));
  for (const auto& [name, hash] : record.files) {
    if (!std::filesystem::exists(folder_ / name)) return std::nullopt;  // taken away: it is made again
    if (sha256_of_file(folder_ / name) != hash)
      throw Error(
          fmt::format("{}: {} was changed after the stage “{}” had written it. Take it away to have it made "
                      "again, or make everything anew (fresh, --fresh).",
                      folder_.string(), name, stage));
  }
  return record;
}

StageRecord StageBook::finish(StageRecord record, const std::vector<std::string>& files) const {
  for (const std::string& name : files) record.files.emplace_back(name, sha256_of_file(folder_ / name));
  const ordered_json json = {{"stage", record.stage},
                             {"inputs", object_of(record.inputs)},
                             {"facts", object_of(record.facts)},
                             {"files", object_of(record.files)}};
  core::write_file_atomically(path_of(record.stage), json.dump(1) + "\n");
  return record;
}

void StageBook::clear() const {
  const auto records = folder_ / "stages";
  if (!std::filesystem::is_directory(records)) return;
  for (const auto& entry : std::filesystem::directory_iterator(records)) {
    if (entry.path().extension() != ".json") continue;
    for (const auto& [name, hash] : read_record(entry.path()).files) std::filesystem::remove(folder_ / name);
    std::filesystem::remove(entry.path());
  }
}

std::string sha256_of_file(const std::filesystem::path& path) {
  if (std::filesystem::file_size(path) == 0) return core::sha256_hex("");
  const core::MappedFile file(path);
  return core::sha256_hex({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()});
}

std::string value_of(const std::vector<NamedValue>& values, const std::string& name) {
  const auto found = std::ranges::find(values, name, &NamedValue::first);
  return found == values.end() ? "" : found->second;
}

std::string file_name_of(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte >= 0x80 || std::isalnum(byte) != 0 ? c : '-';
  }
  return text;
}

}  // namespace radonc::study
