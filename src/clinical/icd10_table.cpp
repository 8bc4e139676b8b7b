// The form of the table, as tools/make_icd10_table.py writes it; base 85 outside, numbers as in LEB128 ("varint"):
//   tokens      their number; each: bytes kept from the one before, bytes added, those
//   extensions  their number; each: length, text. What a seventh character adds to a description
//   kinds       their number; each: number of characters; each: the character, its extension
//   entries     their number; each: a head byte, and by it
//                 144 a chapter, numbered from 1; 145 a block: length, name; 146 a category: three characters;
//                 less: a code of 4 + head / 36 characters, that above it and one more
//               then tokens shared with the description of the sibling before, or else of the parent (first << 4 |
//               last), tokens of its own (top bit: its kind follows), and those: below 200 one byte, otherwise two
// Entries that end in a seventh character are not written: they follow from the kind of the code above them.
#include "clinical/icd10_table.hpp"

#include <algorithm>
#include <array>

#include "radonc/clinical/icd10.hpp"

namespace radonc::clinical {
namespace {

#include "clinical/icd10_table.inc"

constexpr std::size_t kCodeSize = 7;
constexpr std::string_view kCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr unsigned kShortTokens = 200;

constexpr std::uint64_t character(char c) {
  return static_cast<std::uint64_t>(c <= '9' ? c - '0' + 1 : c - 'A' + 11);
}

/// In the order of the codes. Nothing stands before every character: C50 comes before C50.0.
std::uint64_t key_of(std::string_view plain) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < kCodeSize; ++i) key = key << 6 | (i < plain.size() ? character(plain[i]) : 0);
  return key;
}

std::string code_of(std::uint64_t key) {
  std::string plain;
  for (std::size_t i = kCodeSize; i-- > 0;)
    if (const auto c = key >> (6 * i) & 63; c != 0) plain.push_back(kCharacters[c - 1]);
  return plain;
}

std::string decode_base85(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>,@^_`{|}~";
  std::array<std::uint8_t, 256> value{};
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    value[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  std::string bytes(text.size() / 5 * 4, '\0');
  for (std::size_t i = 0; i < bytes.size() / 4; ++i) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 5; ++j) word = word * 85 + value[static_cast<unsigned char>(text[5 * i + j])];
    for (std::size_t j = 0; j < 4; ++j) bytes[4 * i + j] = static_cast<char>(word >> (24 - 8 * j) & 255);
  }
  return bytes;
}

}  // namespace

class Icd10Reader {
 public:
  explicit Icd10Reader(std::string_view bytes) : bytes_(bytes) {}

  unsigned byte() { return static_cast<unsigned char>(bytes_[at_++]); }

  std::uint32_t number() {
    std::uint32_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const unsigned b = byte();
      value |= (b & 127) << shift;
      if (b < 128) return value;
    }
  }

  std::string_view bytes(std::size_t size) {
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }

  std::string_view text() { return bytes(number()); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

const Icd10Table& Icd10Table::get() {
  static const Icd10Table table;
  return table;
}

std::string_view Icd10Table::edition() {
  return kIcd10Edition;
}

Icd10Table::Icd10Table() {
  const std::string bytes = decode_base85({kIcd10Table, sizeof kIcd10Table - 1});
  Icd10Reader reader(bytes);
  std::vector<std::string> words(reader.number());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const unsigned kept = reader.byte(), added = reader.byte();
    if (kept > 0) words[i] = words[i - 1].substr(0, kept);
    words[i] += reader.bytes(added);
  }
  read_entries(reader, {words.begin(), words.end()});
  build_index();
}

void Icd10Table::read_entries(Icd10Reader& reader, const std::vector<std::string_view>& tokens) {
  struct Seventh {
    char character;
    std::uint16_t extension;
  };
  extensions_.resize(reader.number());
  for (std::string& extension : extensions_) extension = reader.text();
  std::vector<std::vector<Seventh>> kinds(reader.number());
  for (auto& kind : kinds) {
    kind.resize(reader.number());
    for (Seventh& seventh : kind) {
      seventh.character = static_cast<char>(reader.byte());
      seventh.extension = static_cast<std::uint16_t>(reader.number());
    }
  }

  // The entry last read at each level, its code and the tokens of its description.
  std::array<Node, kCodeSize> path{};
  std::array<std::string, kCodeSize> codes;
  std::array<std::vector<std::uint32_t>, kCodeSize> texts;
  std::size_t depth = 0;  // how many of them are of this branch
  int chapters = 0;
  entries_.reserve(kIcd10Nodes);
  for (std::uint32_t left = reader.number(); left > 0; --left) {
    const unsigned head = reader.byte();
    const auto level = static_cast<std::uint8_t>(head < 144 ? 3 + head / 36 : head - 144);
    const auto node = static_cast<Node>(entries_.size());
    Entry entry{.level = level};
    if (level <= kBlock) {
      entry.key = group_names_.size();
      groups_.push_back(node);
      group_names_.push_back(level == kBlock ? std::string(reader.text()) : std::to_string(++chapters));
    } else {
      codes[level] = level == kCategory ? std::string(reader.bytes(3)) : codes[level - 1] + kCharacters[head % 36];
      entry.key = key_of(codes[level]);
    }
    entry.parent = level == kChapter ? node : path[level - 1];

    const unsigned shared = reader.byte(), count = reader.byte();
    const std::uint32_t kind = count >= 128 ? reader.number() + 1 : 0;
    const std::vector<std::uint32_t> known = depth > level ? texts[level] : level > 0 ? texts[level - 1] : texts[0];
    std::vector<std::uint32_t>& text = texts[level];
    text.assign(known.begin(), known.begin() + (shared >> 4));
    for (unsigned i = count & 127; i > 0; --i) {
      const unsigned first = reader.byte();
      text.push_back(first < kShortTokens ? first : kShortTokens + (first - kShortTokens) * 256 + reader.byte());
    }
    text.insert(text.end(), known.end() - (shared & 15), known.end());
    entry.text = static_cast<std::uint32_t>(descriptions_.size());
    for (const std::uint32_t token : text) descriptions_ += tokens[token];
    entry.text_size = static_cast<std::uint32_t>(descriptions_.size()) - entry.text;
    entries_.push_back(entry);
    path[level] = node;
    depth = level + 1;

    if (kind == 0) continue;
    std::string plain = codes[level];
    plain.resize(kCodeSize, 'X');
    for (const Seventh& seventh : kinds[kind - 1]) {
      plain.back() = seventh.character;
      entries_.push_back({.key = key_of(plain),
                          .parent = node,
                          .extension = static_cast<std::uint16_t>(seventh.extension + 1),
                          .level = kCodeSize - 1});
    }
  }
}

void Icd10Table::build_index() {
  for (Node node = size(); node-- > 0;) {
    Entry& entry = entries_[node];
    entry.end = std::max(entry.end, node + 1);
    Entry& above = entries_[entry.parent];
    above.end = std::max(above.end, entry.end);
    if (is_code(node)) index_.push_back(entry.key << 20 | node);
  }
  std::sort(index_.begin(), index_.end());
}

std::vector<std::uint64_t>::const_iterator Icd10Table::first_at(std::uint64_t key) const {
  return std::lower_bound(index_.begin(), index_.end(), key << 20);
}

std::optional<Icd10Table::Node> Icd10Table::find_code(std::string_view code) const {
  std::string plain(code);
  std::erase(plain, '.');
  const std::uint64_t key = key_of(plain);
  const auto found = first_at(key);
  if (found == index_.end() || *found >> 20 != key) return std::nullopt;
  return static_cast<Node>(*found & ((1 << 20) - 1));
}

std::optional<Icd10Table::Node> Icd10Table::find(std::string_view name) const {
  if (const auto code = normalize_icd10(name)) return find_code(*code);
  const auto found = std::find(group_names_.begin(), group_names_.end(), name);
  if (found == group_names_.end()) return std::nullopt;
  return groups_[static_cast<std::size_t>(found - group_names_.begin())];
}

std::vector<Icd10Table::Node> Icd10Table::with_prefix(std::string_view prefix) const {
  std::vector<Node> nodes;
  if (prefix.size() > kCodeSize) return nodes;
  const std::uint64_t key = key_of(prefix);
  const auto end = first_at(key + (std::uint64_t{1} << (6 * (kCodeSize - prefix.size()))));
  for (auto at = first_at(key); at != end; ++at) nodes.push_back(static_cast<Node>(*at & ((1 << 20) - 1)));
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

std::string Icd10Table::plain_code(Node node) const {
  return code_of(entries_[node].key);
}

std::string Icd10Table::name(Node node) const {
  if (!is_code(node)) return group_names_[entries_[node].key];
  const std::string plain = plain_code(node);
  return plain.size() == 3 ? plain : plain.substr(0, 3) + "." + plain.substr(3);
}

std::string Icd10Table::description(Node node) const {
  const Entry& entry = entries_[node];
  if (entry.extension > 0) return description(entry.parent) + ", " + extensions_[entry.extension - 1U];
  return descriptions_.substr(entry.text, entry.text_size);
}

std::optional<Icd10Table::Node> Icd10Table::parent(Node node) const {
  if (level(node) == kChapter) return std::nullopt;
  return entries_[node].parent;
}

std::vector<Icd10Table::Node> Icd10Table::children(Node node) const {
  std::vector<Node> nodes;
  for (Node child = node + 1; child < end(node); child = end(child)) nodes.push_back(child);
  return nodes;
}

}  // namespace radonc::clinical
