#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <numeric>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/gguf.hpp"
#include "text/sentencepiece_message.hpp"
#include "text/tokenizer_files.hpp"

namespace radonc::text {
namespace {

/// Whether the message's parts are all there: pieces (1), trainer_spec (2), normalizer_spec (3). The library takes a
/// file that is cut between two of them for a whole one.
bool is_complete(std::string_view message) {
  const auto varint = [&]() -> std::uint64_t {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !message.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(message.front());
      message.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  bool has_trainer = false, has_normalizer = false;
  while (!message.empty()) {
    const std::uint64_t tag = varint(), size = varint();
    if (tag % 8 != 2 || size > message.size()) return false;  // every field of a model has a length
    message.remove_prefix(size);
    has_trainer |= tag / 8 == 2;
    has_normalizer |= tag / 8 == 3;
  }
  return has_trainer && has_normalizer;
}

class SentencePiece : public Tokenizer {
 public:
  SentencePiece(const std::string& model, TokenizerSettings settings, const std::string& where)
      : settings_(std::move(settings)) {
    if (!is_complete(model) || !processor_.LoadFromSerializedProto(model).ok() || processor_.GetPieceSize() == 0) {
      throw Error(
          fmt::format("{}: expected a tokenizer: a GGUF file, a tokenizer.json or a SentencePiece model. It is "
                      "none of these, or damaged.",
                      where));
    }
  }

  std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const override {
    std::vector<TokenId> out;
    std::size_t done = 0;
    if (special == SpecialTokens::kParse) {
      for (std::size_t i = text.find('<'); i != text.npos; i = text.find('<', i)) {
        const std::size_t close = text.find('>', i);
        if (close == text.npos) break;
        const auto id = id_of(text.substr(i, close + 1 - i));
        if (!id || !processor_.IsControl(*id)) {
          ++i;
          continue;
        }
        append(text.substr(done, i - done), out);
        out.push_back(*id);
        done = i = close + 1;
      }
    }
    append(text.substr(done), out);
    return out;
  }

  std::string decode(std::span<const TokenId> ids) const override {
    std::vector<int> kept;
    for (const TokenId id : ids) {
      require_known(id);
      if (!processor_.IsControl(id)) kept.push_back(id);
    }
    return processor_.DecodeIds(kept);
  }

  std::string bytes_of(TokenId id) const override {
    require_known(id);
    if (processor_.IsControl(id) || processor_.IsUnknown(id) || processor_.IsUnused(id)) return {};
    const std::string& piece = processor_.IdToPiece(id);
    if (processor_.IsByte(id)) return {static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16))};  // "<0x0A>"
    constexpr std::string_view kSpace = "\u2581";
    std::string bytes;
    for (std::size_t begin = 0; begin < piece.size();) {
      const bool space = piece.compare(begin, kSpace.size(), kSpace) == 0;
      bytes += space ? ' ' : piece[begin];
      begin += space ? kSpace.size() : 1;
    }
    return bytes;
  }

  std::optional<TokenId> id_of(std::string_view piece) const override {
    const int id = processor_.PieceToId(std::string(piece));
    if (id == processor_.unk_id() && processor_.IdToPiece(id) != piece) return std::nullopt;
    return id;
  }

  std::int64_t vocab_size() const override { return processor_.GetPieceSize(); }
  std::optional<TokenId> bos() const override { return known(processor_.bos_id()); }
  std::optional<TokenId> eos() const override { return known(processor_.eos_id()); }
  bool adds_bos() const override { return settings_.add_bos.value_or(true) && processor_.bos_id() >= 0; }
  std::string chat_template() const override { return settings_.chat_template; }

  std::map<std::string, formats::GgufValue> gguf_metadata() const override {
    std::vector<std::string> pieces;
    std::vector<float> scores;
    std::vector<std::int32_t> types;
    for (int id = 0; id < processor_.GetPieceSize(); ++id) {
      pieces.push_back(processor_.IdToPiece(id));
      scores.push_back(processor_.GetScore(id));
      types.push_back(processor_.IsUnknown(id)   ? kGgufUnknown
                      : processor_.IsControl(id) ? kGgufControl
                      : processor_.IsByte(id)    ? kGgufByte
                      : processor_.IsUnused(id)  ? kGgufUnused
                                                 : kGgufNormal);
    }
    std::map<std::string, formats::GgufValue> out = {
        {"tokenizer.ggml.model", "llama"},
        {"tokenizer.ggml.pre", "default"},
        {"tokenizer.ggml.tokens", pieces},
        {"tokenizer.ggml.scores", scores},
        {"tokenizer.ggml.token_type", types},
        {"tokenizer.ggml.add_bos_token", adds_bos()},
        {"tokenizer.ggml.add_eos_token", false},
        {"tokenizer.ggml.unknown_token_id", static_cast<std::uint32_t>(processor_.unk_id())}};
    if (bos()) out["tokenizer.ggml.bos_token_id"] = static_cast<std::uint32_t>(*bos());
    if (eos()) out["tokenizer.ggml.eos_token_id"] = static_cast<std::uint32_t>(*eos());
    if (!settings_.chat_template.empty()) out["tokenizer.chat_template"] = settings_.chat_template;
    return out;
  }

 private:
  static std::optional<TokenId> known(int id) { return id < 0 ? std::nullopt : std::optional<TokenId>(id); }

  void require_known(TokenId id) const {
    if (id < 0 || id >= vocab_size())
      throw Error(fmt::format("decode: token id {} is outside the vocabulary of {}.", id, vocab_size()));
  }

  void append(std::string_view text, std::vector<TokenId>& out) const {
    const std::vector<int> ids = processor_.EncodeAsIds({text.data(), text.size()});
    out.insert(out.end(), ids.begin(), ids.end());
  }

  sentencepiece::SentencePieceProcessor processor_;
  TokenizerSettings settings_;
};

}  // namespace

std::shared_ptr<const Tokenizer> load_sentencepiece_tokenizer(const std::filesystem::path& file) {
  return std::make_shared<SentencePiece>(core::read_file(file), read_tokenizer_settings(file), file.string());
}

std::shared_ptr<const Tokenizer> load_gguf_sentencepiece(const formats::GgufFile& file) {
  const std::string where = file.path().string();
  const auto* pieces = file.strings("tokenizer.ggml.tokens");
  const auto* scores = file.numbers("tokenizer.ggml.scores");
  const auto* types = file.numbers("tokenizer.ggml.token_type");
  if (pieces == nullptr || scores == nullptr || types == nullptr || scores->size() != pieces->size() ||
      types->size() != pieces->size()) {
    throw Error(
        fmt::format("{}: expected tokenizer.ggml.tokens, .scores and .token_type that fit together. The file has "
                    "no complete tokenizer.",
                    where));
  }
  const std::string model =
      sentencepiece_message(*pieces, {scores->begin(), scores->end()}, {types->begin(), types->end()},
                            file.boolean("tokenizer.ggml.add_space_prefix").value_or(true));
  TokenizerSettings settings{.add_bos = file.boolean("tokenizer.ggml.add_bos_token"),
                             .chat_template = file.string("tokenizer.chat_template").value_or("")};
  return std::make_shared<SentencePiece>(model, std::move(settings), where);
}

}  // namespace radonc::text
