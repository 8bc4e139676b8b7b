#include <algorithm>
#include <array>
#include <cctype>

#include "clinical/icd10_table.hpp"
#include "radonc/clinical/icd10.hpp"

namespace radonc::clinical {
namespace {

constexpr std::size_t kLongest = 12;

/// Levenshtein's distance between texts of at most kLongest characters.
unsigned edit_distance(std::string_view a, std::string_view b) {
  std::array<unsigned, kLongest + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<unsigned>(j);
  for (std::size_t i = 0; i < a.size(); ++i) {
    unsigned diagonal = row[0];
    row[0] = static_cast<unsigned>(i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const unsigned replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> nearest_icd10(std::string_view code, std::size_t k) {
  std::string plain;
  for (const char c : code) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) continue;
    plain.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
    if (plain.size() > kLongest) return {};
  }
  if (plain.empty()) return {};

  const Icd10Table& table = Icd10Table::get();
  struct Candidate {
    bool other_category;
    unsigned distance;
    bool other_letter;
    Icd10Table::Node node;
    auto operator<=>(const Candidate&) const = default;
  };
  std::vector<Candidate> candidates;
  const std::string category = icd10_category(plain);
  const auto consider = [&](const std::vector<Icd10Table::Node>& nodes) {
    for (const auto node : nodes) {
      const std::string other = table.plain_code(node);
      candidates.push_back(
          {other.compare(0, 3, category) != 0, edit_distance(plain, other), other[0] != plain[0], node});
    }
  };
  if (plain.size() >= 3) consider(table.with_prefix(category));
  if (candidates.size() < k) {
    candidates.clear();
    consider(table.with_prefix(""));
  }
  const std::size_t n = std::min(k, candidates.size());
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(n), candidates.end());
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < n; ++i) nearest.push_back(table.name(candidates[i].node));
  return nearest;
}

}  // namespace radonc::clinical
