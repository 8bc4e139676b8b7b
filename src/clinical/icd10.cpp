#include "radonc/clinical/icd10.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>

#include "clinical/icd10_table.hpp"

namespace radonc::clinical {
namespace {

using Node = Icd10Table::Node;

const Icd10Table& table() {
  return Icd10Table::get();
}

std::optional<Node> find_code(std::string_view code) {
  const auto normal = normalize_icd10(code);
  return normal ? table().find_code(*normal) : std::nullopt;
}

std::vector<std::string> names(const std::vector<Node>& nodes) {
  std::vector<std::string> all;
  for (const Node node : nodes) all.push_back(table().name(node));
  return all;
}

std::optional<Icd10Group> group_of(std::string_view code, Icd10Table::Level level) {
  const auto normal = normalize_icd10(code);
  auto node = normal ? table().find_code(icd10_category(*normal)) : std::nullopt;
  while (node && table().level(*node) > level) node = table().parent(*node);
  if (!node) return std::nullopt;
  return Icd10Group{table().name(*node), table().description(*node)};
}

/// The place of a chapter in the list; chapters are the numbers of one or two digits.
std::optional<Node> find_chapter(std::string_view id) {
  const auto node = table().find(id);
  return node && table().level(*node) == Icd10Table::kChapter ? node : std::nullopt;
}

}  // namespace

std::optional<std::string> normalize_icd10(std::string_view code) {
  std::string plain;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto c = static_cast<unsigned char>(code[i]);
    if (code[i] == '.' && i == 3 && code.size() > 4) continue;
    if (std::isalnum(c) == 0) return std::nullopt;
    plain.push_back(static_cast<char>(std::toupper(c)));
  }
  if (plain.size() < 3 || plain.size() > 7) return std::nullopt;
  const char third = plain[2];  // categories such as C4A and C7B are the only ones with a letter there
  if (std::isdigit(static_cast<unsigned char>(third)) == 0 && third != 'A' && third != 'B') return std::nullopt;
  if (std::isalpha(static_cast<unsigned char>(plain[0])) == 0) return std::nullopt;
  if (std::isdigit(static_cast<unsigned char>(plain[1])) == 0 && !plain.starts_with("QA")) return std::nullopt;
  return plain.size() == 3 ? plain : plain.substr(0, 3) + "." + plain.substr(3);
}

std::string icd10_category(std::string_view code) {
  return std::string(code.substr(0, 3));
}

std::string_view icd10_edition() {
  return Icd10Table::edition();
}

bool icd10_is_well_formed(std::string_view code) {
  return normalize_icd10(code).has_value();
}

bool icd10_exists(std::string_view code) {
  return find_code(code).has_value();
}

bool icd10_is_leaf(std::string_view code) {
  const auto node = find_code(code);
  return node && table().is_leaf(*node);
}

Icd10Validity icd10_validity(std::string_view code) {
  return {icd10_is_well_formed(code), icd10_exists(code), icd10_is_leaf(code)};
}

std::optional<std::string> icd10_description(std::string_view code) {
  const auto node = table().find(code);
  if (!node) return std::nullopt;
  return table().description(*node);
}

std::optional<std::string> icd10_parent(std::string_view code) {
  const auto node = table().find(code);
  const auto parent = node ? table().parent(*node) : std::nullopt;
  if (!parent) return std::nullopt;
  return table().name(*parent);
}

std::vector<std::string> icd10_ancestors(std::string_view code) {
  std::vector<Node> nodes;
  for (auto node = table().find(code); node; node = table().parent(*node)) nodes.push_back(*node);
  if (!nodes.empty()) nodes.erase(nodes.begin());
  return names(nodes);
}

std::vector<std::string> icd10_children(std::string_view code) {
  const auto node = table().find(code);
  return node ? names(table().children(*node)) : std::vector<std::string>{};
}

std::optional<Icd10Group> icd10_chapter(std::string_view code) {
  return group_of(code, Icd10Table::kChapter);
}

std::optional<Icd10Group> icd10_block(std::string_view code) {
  return group_of(code, Icd10Table::kBlock);
}

std::vector<Icd10Group> icd10_chapters() {
  std::vector<Icd10Group> all;
  for (Node node = 0; node < table().size(); node = table().end(node))
    all.push_back({table().name(node), table().description(node)});
  return all;
}

std::vector<Icd10Group> icd10_blocks(std::string_view chapter) {
  std::vector<Icd10Group> all;
  if (const auto node = find_chapter(chapter))
    for (const Node block : table().children(*node)) all.push_back({table().name(block), table().description(block)});
  return all;
}

const std::vector<std::string>& icd10_codes(std::string_view chapter_or_prefix, Icd10Codes which) {
  static const std::vector<std::string> none;
  static std::mutex mutex;
  static std::map<std::pair<std::string, Icd10Codes>, std::vector<std::string>> known;

  std::vector<Node> nodes;
  std::string key(chapter_or_prefix);
  std::optional<Node> group = find_chapter(key);
  if (!group && key.find('-') != std::string::npos) group = table().find(key);
  if (!group) {  // a prefix: with or without the point, in either case
    if (key.size() > 3 && key[3] == '.') key.erase(3, 1);
    for (char& c : key) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0) return none;
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  const std::lock_guard lock(mutex);
  if (const auto found = known.find({key, which}); found != known.end()) return found->second;
  if (group) {
    for (Node node = *group; node < table().end(*group); ++node) nodes.push_back(node);
  } else {
    nodes = table().with_prefix(key);
  }
  std::erase_if(nodes, [which](Node node) {
    return !table().is_code(node) || (which == Icd10Codes::kLeaves && !table().is_leaf(node));
  });
  if (nodes.empty()) return none;
  return known[{key, which}] = names(nodes);
}

Malignancy primary_malignancy(const std::vector<std::string>& codes) {
  Malignancy result{.only_radiation_encounter = !codes.empty()};
  for (const std::string& text : codes) {
    const auto code = normalize_icd10(text);
    if (code != "Z51.0") result.only_radiation_encounter = false;
    const auto chapter = icd10_chapter(text);
    if (!chapter || chapter->id != "2" || (result.code && !result.is_secondary)) continue;
    const std::string category = icd10_category(*code);
    const bool is_secondary = category == "C77" || category == "C78" || category == "C79" || category == "C7B";
    if (result.code && is_secondary) continue;
    result.code = code;
    result.is_secondary = is_secondary;
  }
  return result;
}

}  // namespace radonc::clinical
