#include "text/pre_tokenizer.hpp"

#include <fmt/format.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <map>

#include "radonc/core/error.hpp"

namespace radonc::text {

namespace {

constexpr std::string_view kWhiteSpace = "\\t-\\r\\x{85}\\p{Z}";  // Unicode's White_Space, within [ ]

/// The expression with \s and \S spelled out as Unicode's White_Space: PCRE2's own also takes U+180E.
std::string spell_out_white_space(std::string_view expression) {
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c != '\\' || i + 1 == expression.size()) {
      if (c == '[') in_class = true;
      if (c == ']') in_class = false;
      out += c;
      continue;
    }
    const char escaped = expression[++i];
    if (escaped == 's' && in_class) {
      out += kWhiteSpace;
    } else if (escaped == 's') {
      out.append("[").append(kWhiteSpace).append("]");
    } else if (escaped == 'S' && !in_class) {
      out.append("[^").append(kWhiteSpace).append("]");
    } else {
      out.append({c, escaped});
    }
  }
  return out;
}

// Llama 3's, from its tokenizer.json.
constexpr const char* kLlama3Expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Qwen2's, likewise: the same but for single digits.
constexpr const char* kQwen2Expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

}  // namespace

const char* const kGpt2Expression = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
const char* const kDigitExpression = "\\p{N}";

namespace {

/// By llama.cpp's names.
const std::map<std::string, KnownPreTokenizer>& known_pre_tokenizers() {
  static const std::map<std::string, KnownPreTokenizer> kKnown = {
      {"smollm", {{kDigitExpression, kGpt2Expression}}},
      {"gpt-2", {{kGpt2Expression}}},
      {"llama-bpe", {{kLlama3Expression}}},
      {"qwen2", {{kQwen2Expression}, /*nfc=*/true}},
  };
  return kKnown;
}

}  // namespace

PreTokenizer::PreTokenizer(const std::vector<std::string>& expressions, const std::string& where) {
  for (const std::string& written : expressions) {
    const std::string expression = spell_out_white_space(written);
    int code = 0;
    PCRE2_SIZE offset = 0;
    auto* compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(),
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &code, &offset, nullptr);
    if (compiled == nullptr) {
      throw Error(
          fmt::format("{}: the pre-tokenizer's expression cannot be compiled (at character {}).", where, offset));
    }
    stages_.emplace_back(compiled, [](void* p) { pcre2_code_free(static_cast<pcre2_code*>(p)); });
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);  // where there is no JIT, matching is slower and the same
  }
}

const KnownPreTokenizer& pre_tokenizer_named(const std::string& name, const std::string& where) {
  const auto found = known_pre_tokenizers().find(name == "default" ? "gpt-2" : name);
  if (found == known_pre_tokenizers().end()) {
    throw Error(fmt::format(
        "{}: tokenizer.ggml.pre: \"{}\" is not supported. Known are smollm, gpt-2, llama-bpe, qwen2 and default.",
        where, name));
  }
  return found->second;
}

std::string pre_tokenizer_name(const std::vector<std::string>& expressions, bool nfc, const std::string& where) {
  for (const auto& [name, known] : known_pre_tokenizers())
    if (known.expressions == expressions && known.nfc == nfc) return name;
  throw Error(fmt::format(
      "{}: llama.cpp has no name for this pre-tokenizer. Known are smollm, gpt-2, llama-bpe and qwen2 (with NFC).",
      where));
}

std::vector<std::string_view> PreTokenizer::split(std::string_view text) const {
  std::vector<std::string_view> pieces;
  if (!text.empty()) pieces.push_back(text);
  for (const auto& stage : stages_) {
    auto* code = static_cast<pcre2_code*>(stage.get());
    const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
        pcre2_match_data_create_from_pattern(code, nullptr), &pcre2_match_data_free);
    std::vector<std::string_view> finer;
    for (const std::string_view piece : pieces) {
      std::size_t done = 0;
      while (done < piece.size()) {
        const int found =
            pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(piece.data()), piece.size(), done, 0, match.get(), nullptr);
        if (found < 0 && found != PCRE2_ERROR_NOMATCH) throw Error("A text is too long to be cut into words.");
        const PCRE2_SIZE* span = pcre2_get_ovector_pointer(match.get());
        if (found < 0 || span[1] == span[0]) break;
        if (span[0] > done) finer.push_back(piece.substr(done, span[0] - done));
        finer.push_back(piece.substr(span[0], span[1] - span[0]));
        done = span[1];
      }
      if (done < piece.size()) finer.push_back(piece.substr(done));
    }
    pieces = std::move(finer);
  }
  return pieces;
}

}  // namespace radonc::text
