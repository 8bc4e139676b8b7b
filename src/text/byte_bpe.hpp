// Byte-level byte pair encoding (Radford et al. 2019). Private.
#pragma once

#include <array>
#include <unordered_map>

#include "radonc/text/tokenizer.hpp"
#include "text/pre_tokenizer.hpp"

namespace radonc::text {

/// What a tokenizer file says; both kinds of file are read into this.
struct ByteBpeDefinition {
  std::string where;                                        ///< for messages
  std::vector<std::string> pieces;                          ///< by id, in GPT-2's printable spelling of bytes
  std::vector<std::pair<std::string, std::string>> merges;  ///< by rank
  std::vector<TokenId> controls;                            ///< ids of control tokens; decode leaves them out
  std::vector<TokenId> added;                               ///< ids of other added tokens, e.g. "<think>"
  std::vector<TokenId> normalized;                          ///< of both, those looked for in the normalised text
  bool nfc = false;                                         ///< texts are normalised before they are cut
  std::vector<std::string> pre_tokenizer;                   ///< expressions, see PreTokenizer
  bool ignore_merges = false;                               ///< a word that is a piece is not built by merges
  std::optional<TokenId> bos, eos;
  bool adds_bos = false;
  std::string chat_template;
};

/// GPT-2's printable spelling of bytes.
std::string spell_bytes(std::string_view bytes);

class ByteBpe : public Tokenizer {
 public:
  /// Throws radonc::Error naming the file if merges and vocabulary do not fit, or a byte has no piece.
  explicit ByteBpe(ByteBpeDefinition definition);

  std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const override;
  std::string decode(std::span<const TokenId> ids) const override;
  std::string bytes_of(TokenId id) const override { return decode({&id, 1}); }
  std::optional<TokenId> id_of(std::string_view piece) const override;
  std::int64_t vocab_size() const override { return static_cast<std::int64_t>(bytes_.size()); }
  std::optional<TokenId> bos() const override { return definition_.bos; }
  std::optional<TokenId> eos() const override { return definition_.eos; }
  bool adds_bos() const override { return definition_.adds_bos; }
  std::string chat_template() const override { return definition_.chat_template; }
  std::map<std::string, formats::GgufValue> gguf_metadata() const override;

 private:
  struct Merge {
    std::uint32_t rank;
    TokenId result;
  };
  struct Mark {
    std::string text;
    TokenId id;
  };
  [[nodiscard]] std::string normalize(std::string_view text) const;
  void encode_normalized(std::string_view text, std::vector<TokenId>& out) const;
  void encode_word(std::string_view word, std::vector<TokenId>& out) const;
  void merge_short(std::vector<TokenId>& out, std::size_t begin) const;
  void merge_long(std::vector<TokenId>& out, std::size_t begin) const;
  [[nodiscard]] const Merge* merge_of(TokenId left, TokenId right) const;

  ByteBpeDefinition definition_;
  PreTokenizer pre_tokenizer_;
  std::unordered_map<std::string, TokenId> ids_;  // spelling → id
  std::vector<std::string> bytes_;                // id → the bytes it stands for
  std::vector<bool> is_control_;
  std::vector<Mark> marks_, normalized_marks_;  // added tokens, in a text as it is and once it is normalised
  std::array<TokenId, 256> byte_ids_{};
  std::unordered_map<std::uint64_t, Merge> merges_;  // (left id, right id) → merge
  std::unordered_map<std::string, TokenId> words_;   // bytes → id, where ignore_merges
};

}  // namespace radonc::text
