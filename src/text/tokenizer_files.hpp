// The kinds of file that Tokenizer::load tells apart. Private.
#pragma once

#include "radonc/formats/gguf.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::text {

/// Values of tokenizer.ggml.token_type.
constexpr std::int32_t kGgufNormal = 1, kGgufUnknown = 2, kGgufControl = 3, kGgufUserDefined = 4, kGgufUnused = 5,
                       kGgufByte = 6;

std::shared_ptr<const Tokenizer> load_gguf_tokenizer(const std::filesystem::path& file);
std::shared_ptr<const Tokenizer> load_json_tokenizer(const std::filesystem::path& file);
std::shared_ptr<const Tokenizer> load_tiktoken_tokenizer(const std::filesystem::path& file);
std::shared_ptr<const Tokenizer> load_sentencepiece_tokenizer(const std::filesystem::path& file);
std::shared_ptr<const Tokenizer> load_gguf_sentencepiece(const formats::GgufFile& file);

/// What the files beside `file` say: tokenizer_config.json, then special_tokens_map.json, generation_config.json for
/// the ids, and chat_template.jinja. All empty if there are none.
struct TokenizerSettings {
  std::optional<bool> add_bos;
  std::string bos, eos, chat_template;
  std::optional<std::int64_t> bos_id, eos_id;
};
TokenizerSettings read_tokenizer_settings(const std::filesystem::path& file);

}  // namespace radonc::text
