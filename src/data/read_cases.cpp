#include "radonc/data/read_cases.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"

namespace radonc::data {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

struct TextField {
  const char* name;
  std::string CaseRecord::*member;
};
constexpr TextField kTextFields[] = {{"case_id", &CaseRecord::case_id},
                                     {"patient_id", &CaseRecord::patient_id},
                                     {"source", &CaseRecord::source},
                                     {"institution", &CaseRecord::institution},
                                     {"dx_year", &CaseRecord::dx_year},
                                     {"age", &CaseRecord::age},
                                     {"sex", &CaseRecord::sex},
                                     {"race", &CaseRecord::race},
                                     {"primary_site", &CaseRecord::primary_site},
                                     {"subsite", &CaseRecord::subsite},
                                     {"laterality", &CaseRecord::laterality},
                                     {"histology", &CaseRecord::histology},
                                     {"icd_o_3_histology", &CaseRecord::icd_o_3_histology},
                                     {"icd_o_3_site", &CaseRecord::icd_o_3_site},
                                     {"grade", &CaseRecord::grade},
                                     {"radiation_flag", &CaseRecord::radiation_flag},
                                     {"icd10", &CaseRecord::icd10}};

struct MapField {
  const char* name;
  std::map<std::string, std::string> CaseRecord::*member;
};
constexpr MapField kMapFields[] = {{"stage", &CaseRecord::stage},
                                   {"biomarkers", &CaseRecord::biomarkers},
                                   {"other", &CaseRecord::other},
                                   {"surgery", &CaseRecord::surgery}};

struct CourseField {
  const char* name;
  std::string Course::*member;
};
constexpr CourseField kCourseFields[] = {{"intent", &Course::intent},
                                         {"intent_notes", &Course::intent_notes},
                                         {"modality", &Course::modality},
                                         {"technique_notes", &Course::technique},
                                         {"dose", &Course::dose},
                                         {"dose_unit", &Course::dose_unit},
                                         {"fractions", &Course::fractions},
                                         {"target_site", &Course::target_site},
                                         {"course_number", &Course::course_number},
                                         {"start_day", &Course::start_day},
                                         {"end_day", &Course::end_day},
                                         {"ongoing", &Course::ongoing}};

/// Reads one line's object; `where` names it in messages.
class LineReader {
 public:
  explicit LineReader(std::string where) : where_(std::move(where)) {}

  [[noreturn]] void fail(const std::string& what) const { throw Error(fmt::format("{}: {}", where_, what)); }

  /// A string, a number or nothing, as text.
  std::string text(const json& object, const std::string& field) const {
    const auto found = object.find(field);
    if (found == object.end() || found->is_null()) return {};
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number()) return found->dump();
    fail(fmt::format("{}: expected text, a number or null, got {}. Correct the value.", field, found->type_name()));
  }

  CaseRecord record(const json& object) {
    CaseRecord record;
    record.where = where_;
    for (const TextField& field : kTextFields) {
      record.*field.member = text(object, field.name);
      if (field.member == &CaseRecord::case_id && !record.case_id.empty()) where_ += " (case " + record.case_id + ")";
    }
    if (record.case_id.empty()) fail("the record has no case_id. Give every record one of its own.");
    if (record.patient_id.empty()) fail("the record has no patient_id. The split needs it to keep a patient together.");
    for (const MapField& field : kMapFields) {
      const json value = object.value(field.name, json());
      if (value.is_null()) continue;
      if (!value.is_object()) fail(fmt::format("{}: expected an object, got {}.", field.name, value.type_name()));
      for (const auto& [key, unused] : value.items())
        if (auto found = text(value, key); !found.empty()) (record.*field.member)[key] = std::move(found);
    }
    const json courses = object.value("courses", json());
    if (!courses.is_null() && !courses.is_array())
      fail(fmt::format("courses: expected a list, got {}.", courses.type_name()));
    for (const json& item : courses) {
      if (!item.is_object()) fail("courses: expected objects.");
      Course course;
      for (const CourseField& field : kCourseFields) course.*field.member = text(item, field.name);
      record.courses.push_back(std::move(course));
    }
    return record;
  }

 private:
  std::string where_;
};

ordered_json or_null(const std::string& text) {
  return text.empty() ? ordered_json() : ordered_json(text);
}

}  // namespace

std::vector<CaseRecord> read_cases(const std::filesystem::path& path) {
  const std::string content = core::read_file(path);
  std::vector<CaseRecord> cases;
  std::unordered_map<std::string, std::size_t> line_of;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    std::size_t end = content.find('\n', begin);
    if (end == content.npos) end = content.size();
    const std::string_view line = std::string_view(content).substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    LineReader reader(fmt::format("{}:{}", path.string(), number));
    const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) reader.fail("expected a JSON object on this line. Records are one object a line.");
    CaseRecord record = reader.record(object);
    const auto [earlier, is_new] = line_of.emplace(record.case_id, number);
    if (!is_new) {
      reader.fail(fmt::format("two records have this case_id; the other one is on line {}. Give every record its own.",
                              earlier->second));
    }
    cases.push_back(std::move(record));
  }
  if (cases.empty()) throw Error(fmt::format("{}: the file holds no record.", path.string()));
  return cases;
}

std::string to_json(const CaseRecord& record) {
  ordered_json line;
  for (const TextField& field : kTextFields) line[field.name] = or_null(record.*field.member);
  for (const MapField& field : kMapFields) line[field.name] = record.*field.member;
  line["courses"] = ordered_json::array();
  for (const Course& course : record.courses) {
    ordered_json item;
    for (const CourseField& field : kCourseFields) item[field.name] = or_null(course.*field.member);
    line["courses"].push_back(std::move(item));
  }
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace radonc::data
