#include "text/byte_bpe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <queue>

#include "radonc/core/error.hpp"
#include "text/nfc.hpp"
#include "text/tokenizer_files.hpp"

namespace radonc::text {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else {
    out.push_back(static_cast<char>(0xC0 | (code >> 6)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

/// GPT-2's spelling of each byte: printable Latin-1 stands for itself, the others for U+0100 and on.
const std::array<std::string, 256>& byte_spellings() {
  static const auto spellings = [] {
    std::array<std::string, 256> table;
    std::uint32_t next = 256;
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      append_utf8(table[byte], printable ? byte : next++);
    }
    return table;
  }();
  return spellings;
}

/// The bytes a spelling stands for; the spelling itself if it is not made of byte spellings (control tokens).
std::string unspell(const std::string& spelling) {
  static const auto reverse = [] {
    std::unordered_map<std::string, char> map;
    for (std::size_t byte = 0; byte < 256; ++byte) map[byte_spellings()[byte]] = static_cast<char>(byte);
    return map;
  }();
  std::string bytes;
  for (std::size_t i = 0; i < spelling.size();) {
    const std::size_t width = static_cast<unsigned char>(spelling[i]) < 0x80 ? 1 : 2;
    const auto found = reverse.find(spelling.substr(i, width));
    if (found == reverse.end()) return spelling;
    bytes.push_back(found->second);
    i += width;
  }
  return bytes;
}

constexpr std::size_t kLongWord = 64;  // bytes; beyond, the time of merge_short would grow with the square

std::uint64_t pair_key(TokenId left, TokenId right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
}

/// Appends the ids of the marks in the text, the longest where several begin, and calls `encode` for what lies between.
template <typename Marks, typename Encode>
void cut(std::string_view text, const Marks& marks, std::vector<TokenId>& out, Encode encode) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    const typename Marks::value_type* found = nullptr;
    for (const auto& mark : marks)
      if (text.substr(i).starts_with(mark.text) && (found == nullptr || mark.text.size() > found->text.size()))
        found = &mark;
    if (found == nullptr) {
      ++i;
      continue;
    }
    encode(text.substr(done, i - done));
    out.push_back(found->id);
    i += found->text.size();
    done = i;
  }
  encode(text.substr(done));
}

}  // namespace

std::string spell_bytes(std::string_view bytes) {
  std::string spelling;
  for (const char c : bytes) spelling += byte_spellings()[static_cast<unsigned char>(c)];
  return spelling;
}

ByteBpe::ByteBpe(ByteBpeDefinition definition)
    : definition_(std::move(definition)), pre_tokenizer_(definition_.pre_tokenizer, definition_.where) {
  const auto& pieces = definition_.pieces;
  is_control_.assign(pieces.size(), false);
  for (const TokenId id : definition_.controls) is_control_.at(static_cast<std::size_t>(id)) = true;
  std::vector<bool> is_added = is_control_;  // spelled as they are, not in GPT-2's spelling
  for (const TokenId id : definition_.added) is_added.at(static_cast<std::size_t>(id)) = true;
  std::vector<bool> is_normalized(pieces.size(), false);
  for (const TokenId id : definition_.normalized) is_normalized.at(static_cast<std::size_t>(id)) = true;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    ids_.emplace(pieces[i], static_cast<TokenId>(i));
    bytes_.push_back(is_added[i] ? pieces[i] : unspell(pieces[i]));
    if (definition_.ignore_merges && !is_added[i]) words_.emplace(bytes_.back(), static_cast<TokenId>(i));
    if (!is_added[i] || pieces[i].empty()) continue;
    (is_normalized[i] ? normalized_marks_ : marks_)
        .push_back({is_normalized[i] ? normalize(pieces[i]) : pieces[i], static_cast<TokenId>(i)});
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const auto found = ids_.find(byte_spellings()[byte]);
    // Bytes that never occur in UTF-8 (C0, C1, F5 to FF) may be missing; they are left out of the encoding then.
    byte_ids_[byte] = found == ids_.end() ? -1 : found->second;
  }
  if (byte_ids_['a'] < 0)
    throw Error(
        fmt::format("{}: the vocabulary is not one of byte-level BPE: it has no piece for \"a\".", definition_.where));
  std::uint32_t rank = 0;
  for (const auto& [left, right] : definition_.merges) {
    const auto a = ids_.find(left), b = ids_.find(right), result = ids_.find(left + right);
    if (a == ids_.end() || b == ids_.end() || result == ids_.end())
      throw Error(fmt::format("{}: merge {} names a piece that the vocabulary lacks.", definition_.where, rank));
    merges_.emplace(pair_key(a->second, b->second), Merge{rank++, result->second});
  }
  definition_.merges.clear();
}

const ByteBpe::Merge* ByteBpe::merge_of(TokenId left, TokenId right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void ByteBpe::encode_word(std::string_view word, std::vector<TokenId>& out) const {
  if (definition_.ignore_merges) {
    if (const auto found = words_.find(std::string(word)); found != words_.end()) {
      out.push_back(found->second);
      return;
    }
  }
  const std::size_t begin = out.size();
  for (const char c : word) {
    const TokenId id = byte_ids_[static_cast<unsigned char>(c)];
    if (id >= 0) out.push_back(id);
  }
  if (word.size() > kLongWord) {
    merge_long(out, begin);
  } else {
    merge_short(out, begin);
  }
}

// Both merge the pair of the lowest rank, leftmost first, until none is left.

void ByteBpe::merge_short(std::vector<TokenId>& out, std::size_t begin) const {
  while (out.size() - begin > 1) {
    std::size_t best = 0;
    const Merge* merge = nullptr;
    for (std::size_t i = begin; i + 1 < out.size(); ++i) {
      const Merge* here = merge_of(out[i], out[i + 1]);
      if (here != nullptr && (merge == nullptr || here->rank < merge->rank)) {
        best = i;
        merge = here;
      }
    }
    if (merge == nullptr) return;
    out[best] = merge->result;
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

void ByteBpe::merge_long(std::vector<TokenId>& out, std::size_t begin) const {
  struct Link {
    std::size_t previous, next;  // of the pieces that are left; size if none
  };
  struct Candidate {
    std::uint32_t rank;
    std::size_t at;
    TokenId left, right;
    bool operator>(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
  };
  const std::span<TokenId> ids = std::span(out).subspan(begin);
  const std::size_t size = ids.size();
  std::vector<Link> links(size);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto consider = [&](std::size_t at) {
    if (at == size || links[at].next == size) return;
    const TokenId left = ids[at], right = ids[links[at].next];
    if (const Merge* merge = merge_of(left, right)) candidates.push({merge->rank, at, left, right});
  };
  for (std::size_t i = 0; i < size; ++i) links[i] = {i == 0 ? size : i - 1, i + 1};
  for (std::size_t i = 0; i < size; ++i) consider(i);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    const std::size_t next = links[best.at].next;
    if (ids[best.at] != best.left || next == size || ids[next] != best.right) continue;  // overtaken by a merge
    ids[best.at] = merge_of(best.left, best.right)->result;
    ids[next] = -1;  // merged into its left neighbour
    links[best.at].next = links[next].next;
    if (links[next].next != size) links[links[next].next].previous = best.at;
    consider(links[best.at].previous);
    consider(best.at);
  }
  out.erase(std::remove(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), -1), out.end());
}

std::string ByteBpe::normalize(std::string_view text) const {
  return definition_.nfc ? nfc(text) : std::string(text);
}

void ByteBpe::encode_normalized(std::string_view text, std::vector<TokenId>& out) const {
  for (const std::string_view word : pre_tokenizer_.split(text)) encode_word(word, out);
}

std::vector<TokenId> ByteBpe::encode(std::string_view text, SpecialTokens special) const {
  std::vector<TokenId> out;
  if (special == SpecialTokens::kAsText) {
    encode_normalized(normalize(text), out);
    return out;
  }
  cut(text, marks_, out, [&](std::string_view between) {
    const std::string normalized = normalize(between);
    cut(normalized, normalized_marks_, out, [&](std::string_view words) { encode_normalized(words, out); });
  });
  return out;
}

std::string ByteBpe::decode(std::span<const TokenId> ids) const {
  std::string text;
  for (const TokenId id : ids) {
    if (id < 0 || id >= vocab_size())
      throw Error(fmt::format("decode: token id {} is outside the vocabulary of {}.", id, vocab_size()));
    if (!is_control_[static_cast<std::size_t>(id)]) text += bytes_[static_cast<std::size_t>(id)];
  }
  return text;
}

std::optional<TokenId> ByteBpe::id_of(std::string_view piece) const {
  const auto found = ids_.find(std::string(piece));
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::map<std::string, formats::GgufValue> ByteBpe::gguf_metadata() const {
  std::map<std::uint32_t, std::string> by_rank;
  for (const auto& [pair, merge] : merges_) {
    const auto left = static_cast<std::size_t>(pair >> 32), right = static_cast<std::size_t>(pair & 0xFFFFFFFF);
    by_rank[merge.rank] = definition_.pieces[left] + " " + definition_.pieces[right];
  }
  std::vector<std::string> merges;
  for (auto& [rank, merge] : by_rank) merges.push_back(std::move(merge));
  std::vector<std::int32_t> types(definition_.pieces.size(), kGgufNormal);
  for (const TokenId id : definition_.added) types[static_cast<std::size_t>(id)] = kGgufUserDefined;
  for (const TokenId id : definition_.controls) types[static_cast<std::size_t>(id)] = kGgufControl;
  std::map<std::string, formats::GgufValue> out = {
      {"tokenizer.ggml.model", "gpt2"},
      {"tokenizer.ggml.pre", pre_tokenizer_name(definition_.pre_tokenizer, definition_.nfc, definition_.where)},
      {"tokenizer.ggml.tokens", definition_.pieces},
      {"tokenizer.ggml.token_type", types},
      {"tokenizer.ggml.merges", merges},
      {"tokenizer.ggml.add_bos_token", definition_.adds_bos}};
  if (definition_.bos) out["tokenizer.ggml.bos_token_id"] = static_cast<std::uint32_t>(*definition_.bos);
  if (definition_.eos) out["tokenizer.ggml.eos_token_id"] = static_cast<std::uint32_t>(*definition_.eos);
  if (!definition_.chat_template.empty()) out["tokenizer.chat_template"] = definition_.chat_template;
  return out;
}

}  // namespace radonc::text
