#include <fmt/format.h>

#include "radonc/core/error.hpp"
#include "radonc/formats/gguf.hpp"
#include "text/byte_bpe.hpp"
#include "text/tokenizer_files.hpp"

namespace radonc::text {
namespace {

std::optional<TokenId> id_in(const formats::GgufFile& file, const char* key, std::size_t vocabulary) {
  const auto id = file.unsigned_integer(key);
  if (!id) return std::nullopt;
  if (*id >= vocabulary)
    throw Error(fmt::format("{}: {} is {}, outside the vocabulary of {}.", file.path().string(), key, *id, vocabulary));
  return static_cast<TokenId>(*id);
}

}  // namespace

std::shared_ptr<const Tokenizer> load_gguf_tokenizer(const std::filesystem::path& path) {
  const formats::GgufFile file(path);
  const std::string where = path.string();
  const std::string model = file.string("tokenizer.ggml.model").value_or("");
  if (model == "llama") return load_gguf_sentencepiece(file);
  if (model != "gpt2") {
    throw Error(
        fmt::format("{}: tokenizer.ggml.model: expected llama (SentencePiece) or gpt2 (byte-level BPE), got "
                    "\"{}\". Give the tokenizer's own file.",
                    where, model));
  }
  const auto* pieces = file.strings("tokenizer.ggml.tokens");
  const auto* merges = file.strings("tokenizer.ggml.merges");
  const auto* types = file.numbers("tokenizer.ggml.token_type");
  if (pieces == nullptr || merges == nullptr || types == nullptr || types->size() != pieces->size()) {
    throw Error(
        fmt::format("{}: expected tokenizer.ggml.tokens, .token_type and .merges that fit together. The file has "
                    "no complete tokenizer.",
                    where));
  }
  ByteBpeDefinition definition{.where = where, .pieces = *pieces};
  for (const std::string& merge : *merges) {
    const std::size_t space = merge.find(' ', 1);
    if (space == merge.npos)
      throw Error(fmt::format("{}: tokenizer.ggml.merges holds an entry without a space.", where));
    definition.merges.emplace_back(merge.substr(0, space), merge.substr(space + 1));
  }
  for (std::size_t i = 0; i < types->size(); ++i) {
    if ((*types)[i] == kGgufControl) definition.controls.push_back(static_cast<TokenId>(i));
    if ((*types)[i] == kGgufUserDefined) definition.added.push_back(static_cast<TokenId>(i));
  }
  const std::string pre_tokenizer = file.string("tokenizer.ggml.pre").value_or("default");
  const bool is_llama3 = pre_tokenizer == "llama-bpe";  // its files leave out what llama.cpp knows of it
  const KnownPreTokenizer& known = pre_tokenizer_named(pre_tokenizer, where);
  definition.pre_tokenizer = known.expressions;
  definition.nfc = known.nfc;
  definition.ignore_merges = is_llama3;
  definition.bos = id_in(file, "tokenizer.ggml.bos_token_id", pieces->size());
  definition.eos = id_in(file, "tokenizer.ggml.eos_token_id", pieces->size());
  definition.adds_bos = file.boolean("tokenizer.ggml.add_bos_token").value_or(is_llama3) && definition.bos;
  definition.chat_template = file.string("tokenizer.chat_template").value_or("");
  return std::make_shared<ByteBpe>(std::move(definition));
}

}  // namespace radonc::text
