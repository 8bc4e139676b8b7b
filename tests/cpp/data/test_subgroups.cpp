#include "radonc/data/subgroups.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace radonc;

namespace {

std::map<std::string, std::string> of(const data::CaseRecord& record) {
  const auto pairs = data::subgroups(record);
  return {pairs.begin(), pairs.end()};
}

}  // namespace

TEST_CASE("every property has a value, and ages are grouped by decade") {
  CHECK(of({.age = "63", .sex = "female", .primary_site = "brain"}) ==
        std::map<std::string, std::string>{{"site", "brain"},
                                           {"sex", "female"},
                                           {"age", "60 to 69"},
                                           {"race", "not recorded"},
                                           {"institution", "not recorded"},
                                           {"source", "not recorded"}});
  for (const auto& [age, group] : std::map<std::string, std::string>{{"0", "under 40"},
                                                                     {"39", "under 40"},
                                                                     {"40", "40 to 49"},
                                                                     {"79", "70 to 79"},
                                                                     {"80", "80 or older"},
                                                                     {"101", "80 or older"},
                                                                     {"", "not recorded"},
                                                                     {"6o", "not recorded"},
                                                                     {"-4", "not recorded"}})
    CHECK_MESSAGE(of({.age = age}).at("age") == group, age);
}
