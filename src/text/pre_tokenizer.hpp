// Cuts a text into the words within which byte-level BPE merges. Private.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace radonc::text {

/// Stages, each a regular expression: a stage cuts every piece into its matches and what lies between them.
class PreTokenizer {
 public:
  /// Throws radonc::Error if an expression cannot be compiled; `where` names its source.
  PreTokenizer(const std::vector<std::string>& expressions, const std::string& where);

  /// The pieces in order; together they are `text`. Bytes that are not UTF-8 form pieces of their own.
  [[nodiscard]] std::vector<std::string_view> split(std::string_view text) const;

 private:
  std::vector<std::shared_ptr<void>> stages_;  // compiled expressions
};

/// What llama.cpp's name for a pre-tokenizer stands for.
struct KnownPreTokenizer {
  std::vector<std::string> expressions;
  bool nfc = false;  ///< the models of this name normalise texts first; llama.cpp itself does not
};

/// Throws radonc::Error for an unknown name.
const KnownPreTokenizer& pre_tokenizer_named(const std::string& name, const std::string& where);

/// The reverse. Throws radonc::Error if llama.cpp has no name for it.
std::string pre_tokenizer_name(const std::vector<std::string>& expressions, bool nfc, const std::string& where);

/// GPT-2's expression, as Hugging Face's ByteLevel pre-tokenizer applies it.
extern const char* const kGpt2Expression;
/// A single digit of any script.
extern const char* const kDigitExpression;

}  // namespace radonc::text
