#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "text/byte_bpe.hpp"
#include "text/tokenizer_files.hpp"

namespace radonc::text {
namespace {

using nlohmann::json;

/// The expressions of Hugging Face's pre-tokenizer. What radonc does not know is refused by name.
void add_expressions(const json& pre_tokenizer, const std::string& where, std::vector<std::string>& out) {
  const auto refuse = [&](const std::string& what) {
    throw Error(
        fmt::format("{}: pre_tokenizer: {} is not supported. Byte-level BPE tokenizers can be read.", where, what));
  };
  const std::string type = pre_tokenizer.is_object() ? pre_tokenizer.value("type", "") : "none";
  if (type == "Sequence") {
    for (const json& part : pre_tokenizer.at("pretokenizers")) add_expressions(part, where, out);
  } else if (type == "Digits") {
    out.emplace_back(pre_tokenizer.value("individual_digits", false) ? kDigitExpression : "\\p{N}+");
  } else if (type == "ByteLevel") {
    if (pre_tokenizer.value("add_prefix_space", true)) refuse("add_prefix_space");
    if (pre_tokenizer.value("use_regex", true)) out.emplace_back(kGpt2Expression);
  } else if (type == "Split") {
    const json& pattern = pre_tokenizer.at("pattern");
    if (pre_tokenizer.value("invert", false) || pre_tokenizer.value("behavior", "") != "Isolated" ||
        !pattern.contains("Regex"))
      refuse("a Split that does not isolate a regular expression");
    out.push_back(pattern.at("Regex").get<std::string>());
  } else {
    refuse("\"" + type + "\"");
  }
}

/// Whether the normalizer is Unicode's NFC. What radonc does not know is refused by name.
bool normalizes(const json& normalizer, const std::string& where) {
  if (normalizer.is_null()) return false;
  const std::string type = normalizer.is_object() ? normalizer.value("type", "") : "";
  if (type == "NFC") return true;
  if (type != "Sequence")
    throw Error(fmt::format("{}: normalizer: \"{}\" is not supported. Known is NFC.", where, type));
  bool any = false;
  for (const json& part : normalizer.at("normalizers")) any |= normalizes(part, where);
  return any;
}

/// The token that the post-processor puts before every text, e.g. "<|begin_of_text|>"; empty if none.
std::string leading_token(const json& post_processor) {
  const std::string type = post_processor.is_object() ? post_processor.value("type", "") : "";
  if (type == "Sequence") {
    for (const json& part : post_processor.at("processors"))
      if (std::string token = leading_token(part); !token.empty()) return token;
  } else if (type == "TemplateProcessing") {
    const json& single = post_processor.at("single");
    if (!single.empty() && single.at(0).contains("SpecialToken")) return single.at(0)["SpecialToken"].at("id");
  }
  return "";
}

ByteBpeDefinition read_definition(const json& file, const std::string& where) {
  const json& model = file.at("model");
  if (model.value("type", "") != "BPE" || model.value("byte_fallback", false)) {
    throw Error(
        fmt::format("{}: expected a byte-level BPE model. For a SentencePiece model give its tokenizer.model.", where));
  }
  ByteBpeDefinition definition{.where = where};
  definition.nfc = normalizes(file.value("normalizer", json()), where);
  const auto place = [&](const std::string& piece, std::int64_t id) {
    if (id < 0 || id > 10'000'000) throw Error(fmt::format("{}: the vocabulary has the impossible id {}.", where, id));
    if (static_cast<std::size_t>(id) >= definition.pieces.size())
      definition.pieces.resize(static_cast<std::size_t>(id) + 1);
    definition.pieces[static_cast<std::size_t>(id)] = piece;
  };
  for (const auto& [piece, id] : model.at("vocab").items()) place(piece, id.get<std::int64_t>());
  for (const json& merge : model.at("merges")) {
    if (merge.is_array()) {
      definition.merges.emplace_back(merge.at(0).get<std::string>(), merge.at(1).get<std::string>());
    } else {
      const auto text = merge.get<std::string>();
      const std::size_t space = text.find(' ', 1);
      if (space == text.npos) throw Error(fmt::format("{}: merges holds an entry without a space.", where));
      definition.merges.emplace_back(text.substr(0, space), text.substr(space + 1));
    }
  }
  for (const json& token : file.value("added_tokens", json::array())) {
    const auto id = token.at("id").get<std::int64_t>();
    place(token.at("content").get<std::string>(), id);
    (token.value("special", false) ? definition.controls : definition.added).push_back(static_cast<TokenId>(id));
    if (token.value("normalized", false)) definition.normalized.push_back(static_cast<TokenId>(id));
  }
  definition.ignore_merges = model.value("ignore_merges", false);
  add_expressions(file.value("pre_tokenizer", json()), where, definition.pre_tokenizer);
  return definition;
}

}  // namespace

std::shared_ptr<const Tokenizer> load_json_tokenizer(const std::filesystem::path& path) {
  const std::string where = path.string();
  const json content = json::parse(core::read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!content.is_object()) throw Error(fmt::format("{}: expected a JSON object. The file is damaged.", where));
  ByteBpeDefinition definition;
  std::string leading;
  try {
    definition = read_definition(content, where);
    leading = leading_token(content.value("post_processor", json()));
  } catch (const json::exception&) {
    throw Error(fmt::format(
        "{}: expected model, vocab, merges and added_tokens as Hugging Face's tokenizers write them.", where));
  }
  const TokenizerSettings settings = read_tokenizer_settings(path);
  const auto id = [&](const std::string& piece, std::optional<std::int64_t> fallback) -> std::optional<TokenId> {
    const auto found = std::find(definition.pieces.begin(), definition.pieces.end(), piece);
    if (!piece.empty() && found != definition.pieces.end())
      return static_cast<TokenId>(found - definition.pieces.begin());
    if (fallback && *fallback >= 0 && *fallback < static_cast<std::int64_t>(definition.pieces.size()))
      return static_cast<TokenId>(*fallback);
    return std::nullopt;
  };
  definition.bos = id(settings.bos.empty() ? leading : settings.bos, settings.bos_id);
  definition.eos = id(settings.eos, settings.eos_id);
  definition.adds_bos =
      definition.bos && settings.add_bos.value_or(!leading.empty() && id(leading, std::nullopt) == definition.bos);
  definition.chat_template = settings.chat_template;
  return std::make_shared<ByteBpe>(std::move(definition));
}

}  // namespace radonc::text
