// Text to token ids and back, equal to the tokenizer the model was trained with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/formats/gguf_writer.hpp"

namespace radonc::text {

using TokenId = std::int32_t;

/// Whether "<|im_end|>" in a text is the control token or the ten characters. Records are encoded as plain text, so
/// that nothing a record says can act as a control token.
enum class SpecialTokens { kAsText, kParse };

/// Immutable, shared between threads.
class RADONC_API Tokenizer {
 public:
  /// Reads a GGUF file's metadata, a `tokenizer.model` (SentencePiece, or Llama 3's), a `tokenizer.json` (byte-level
  /// BPE), or a folder that holds one of these. The kind is recognised, not asked for.
  /// Throws radonc::Error naming the file and the field if it is none of these, truncated, or of an unknown kind.
  static std::shared_ptr<const Tokenizer> load(const std::filesystem::path& path);

  virtual ~Tokenizer() = default;

  /// Ids of `text` alone: no BOS or EOS is added. Invalid UTF-8 is encoded byte by byte where the vocabulary can.
  /// Where the tokenizer normalises (Qwen2's does, to NFC), they are the ids of the normalised text.
  [[nodiscard]] virtual std::vector<TokenId> encode(std::string_view text,
                                                    SpecialTokens special = SpecialTokens::kAsText) const = 0;

  /// Text of `ids`; control tokens are left out. Throws radonc::Error for an id outside the vocabulary.
  [[nodiscard]] virtual std::string decode(std::span<const TokenId> ids) const = 0;

  /// The bytes that the token stands for within a text: " dose" where SentencePiece has "▁dose", one byte of a
  /// character where the vocabulary lacks it. None for a control token. Throws radonc::Error as decode does.
  [[nodiscard]] virtual std::string bytes_of(TokenId id) const = 0;

  /// The id of one piece of the vocabulary, control tokens included, e.g. "<|im_end|>".
  [[nodiscard]] virtual std::optional<TokenId> id_of(std::string_view piece) const = 0;

  [[nodiscard]] virtual std::int64_t vocab_size() const = 0;

  [[nodiscard]] virtual std::optional<TokenId> bos() const = 0;
  [[nodiscard]] virtual std::optional<TokenId> eos() const = 0;

  /// Whether the model expects exactly one BOS before the first token.
  [[nodiscard]] virtual bool adds_bos() const = 0;

  /// The Jinja chat template stored with the tokenizer; empty if none. Used to recognise the PromptTemplate.
  [[nodiscard]] virtual std::string chat_template() const = 0;

  /// The tokenizer as GGUF metadata, tokenizer.ggml.*, with which llama.cpp encodes as this one does; but it does not
  /// normalise, so that Qwen2's needs texts that are in NFC already.
  /// Throws radonc::Error if llama.cpp has no name for the way it cuts text into words.
  [[nodiscard]] virtual std::map<std::string, formats::GgufValue> gguf_metadata() const = 0;
};

}  // namespace radonc::text
