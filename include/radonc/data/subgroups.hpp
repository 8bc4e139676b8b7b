// By which properties of the patients results are looked at apart.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/data/case_record.hpp"

namespace radonc::data {

/// Name and value of every property: "site", "sex", "age" (by decade, "60 to 69"), "race", "institution" and "source";
/// "not recorded" where the record says nothing. For audits alone: none of it reaches a prompt.
RADONC_API std::vector<std::pair<std::string, std::string>> subgroups(const CaseRecord& record);

}  // namespace radonc::data
