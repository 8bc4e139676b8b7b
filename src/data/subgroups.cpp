#include "radonc/data/subgroups.hpp"

#include <fmt/format.h>

#include <charconv>

namespace radonc::data {
namespace {

constexpr const char* kNotRecorded = "not recorded";

std::string decade(const std::string& age) {
  int years = 0;
  const auto [end, error] = std::from_chars(age.data(), age.data() + age.size(), years);
  if (error != std::errc{} || end != age.data() + age.size() || years < 0) return kNotRecorded;
  if (years < 40) return "under 40";
  if (years >= 80) return "80 or older";
  return fmt::format("{} to {}", years / 10 * 10, years / 10 * 10 + 9);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> subgroups(const CaseRecord& record) {
  std::vector<std::pair<std::string, std::string>> values = {
      {"site", record.primary_site},       {"sex", record.sex},      {"age", decade(record.age)}, {"race", record.race},
      {"institution", record.institution}, {"source", record.source}};
  for (auto& [name, value] : values)
    if (value.empty()) value = kNotRecorded;
  return values;
}

}  // namespace radonc::data
