// The unpacked list of ICD-10-CM.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace radonc::clinical {

/// The entries in the list's order: a chapter, its first block, that block's first category, what is below it, and so
/// on.
class Icd10Table {
 public:
  using Node = std::uint32_t;
  enum Level : std::uint8_t { kChapter, kBlock, kCategory };  // a subcategory's is its number of characters less one

  static const Icd10Table& get();
  static std::string_view edition();

  /// A code by its normalised form.
  [[nodiscard]] std::optional<Node> find_code(std::string_view code) const;
  /// A code in any spelling, or else a chapter or block by its name.
  [[nodiscard]] std::optional<Node> find(std::string_view name) const;
  /// The codes that begin with `prefix`, upper case and without a point, in the list's order.
  [[nodiscard]] std::vector<Node> with_prefix(std::string_view prefix) const;

  [[nodiscard]] std::string name(Node node) const;
  [[nodiscard]] std::string description(Node node) const;
  [[nodiscard]] std::string plain_code(Node node) const;  ///< without the point
  [[nodiscard]] std::uint8_t level(Node node) const { return entries_[node].level; }
  [[nodiscard]] bool is_code(Node node) const { return level(node) >= kCategory; }
  [[nodiscard]] Node size() const { return static_cast<Node>(entries_.size()); }
  [[nodiscard]] bool is_leaf(Node node) const { return end(node) == node + 1; }
  [[nodiscard]] Node end(Node node) const { return entries_[node].end; }  ///< behind the last entry below `node`
  [[nodiscard]] std::optional<Node> parent(Node node) const;
  [[nodiscard]] std::vector<Node> children(Node node) const;

 private:
  struct Entry {
    std::uint64_t key = 0;  // of a code: six bits a character; of a chapter or block: its place in group_names_
    Node parent = 0;        // a chapter's is itself
    Node end = 0;
    std::uint32_t text = 0;  // where its description begins in descriptions_
    std::uint32_t text_size = 0;
    std::uint16_t extension = 0;  // one more than the place in extensions_ of what follows the parent's description
    std::uint8_t level = 0;
  };

  Icd10Table();
  void read_entries(class Icd10Reader& reader, const std::vector<std::string_view>& tokens);
  void build_index();
  [[nodiscard]] std::vector<std::uint64_t>::const_iterator first_at(std::uint64_t key) const;

  std::vector<Entry> entries_;
  std::string descriptions_;
  std::vector<std::string> extensions_;
  std::vector<std::string> group_names_;
  std::vector<Node> groups_;
  std::vector<std::uint64_t> index_;  // key and node of each code, in order
};

}  // namespace radonc::clinical
