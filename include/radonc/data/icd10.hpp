// ICD-10-CM codes: their form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace radonc::data {

/// "c50.9", "C509" → "C50.9"; "c73" → "C73"; nothing for what is not of ICD-10-CM's form: a letter, a digit, a digit or
/// A or B, then up to four digits or letters (C4A, C7A.00, C49.A1 are codes).
std::optional<std::string> normalize_icd10(std::string_view code);

/// The category: the first three characters of a normalised code.
std::string icd10_category(std::string_view code);

}  // namespace radonc::data
