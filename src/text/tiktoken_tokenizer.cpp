// Llama 3's tokenizer.model: a line per piece, its bytes in base64 and its rank. The rest is known, not written there.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "text/byte_bpe.hpp"
#include "text/tokenizer_files.hpp"

namespace radonc::text {
namespace {

constexpr std::size_t kNumPieces = 128'000, kNumControls = 256;

/// Empty if the text is not base64.
std::string decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0, num_bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const std::size_t value = kAlphabet.find(c);
    if (value == kAlphabet.npos) return "";
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    if ((num_bits += 6) >= 8) bytes += static_cast<char>(bits >> (num_bits -= 8));
  }
  return bytes;
}

}  // namespace

std::shared_ptr<const Tokenizer> load_tiktoken_tokenizer(const std::filesystem::path& path) {
  ByteBpeDefinition definition{.where = path.string()};
  std::unordered_map<std::string, std::size_t> ranks;
  const std::string content = core::read_file(path);
  for (std::size_t begin = 0, end; begin < content.size(); begin = end + 1) {
    end = std::min(content.find('\n', begin), content.size());
    const std::string_view line = std::string_view(content).substr(begin, end - begin);
    const std::string bytes = decode_base64(line.substr(0, line.find(' ')));
    const std::size_t rank = ranks.size();
    if (bytes.empty() || !line.ends_with(fmt::format(" {}", rank)) || !ranks.emplace(bytes, rank).second)
      throw Error(
          fmt::format("{}: line {}: expected a new piece in base64, a space and the rank {}. The file is damaged.",
                      definition.where, rank + 1, rank));
    definition.pieces.push_back(spell_bytes(bytes));
    // What merges into the piece: every cut of it into two pieces, by their ranks.
    std::vector<std::pair<std::size_t, std::size_t>> cuts;
    for (std::size_t i = 1; i < bytes.size(); ++i) {
      const auto left = ranks.find(bytes.substr(0, i)), right = ranks.find(bytes.substr(i));
      if (left != ranks.end() && right != ranks.end()) cuts.emplace_back(left->second, right->second);
    }
    std::sort(cuts.begin(), cuts.end());
    for (const auto& [left, right] : cuts)
      definition.merges.emplace_back(definition.pieces[left], definition.pieces[right]);
  }
  if (ranks.size() != kNumPieces)
    throw Error(fmt::format("{}: expected Llama 3's {} pieces, got {}. For another model give its tokenizer.json.",
                            definition.where, kNumPieces, ranks.size()));
  definition.pieces.insert(definition.pieces.end(),
                           {"<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>",
                            "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>", "<|step_id|>",
                            "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"});
  for (int i = 2; definition.pieces.size() < kNumPieces + kNumControls; ++i)
    definition.pieces.push_back(fmt::format("<|reserved_special_token_{}|>", i));
  for (std::size_t i = 0; i < kNumControls; ++i) definition.controls.push_back(static_cast<TokenId>(kNumPieces + i));
  const TokenizerSettings settings = read_tokenizer_settings(path);
  definition.pre_tokenizer = pre_tokenizer_named("llama-bpe", definition.where).expressions;
  definition.ignore_merges = true;
  definition.bos = static_cast<TokenId>(kNumPieces);
  definition.eos = static_cast<TokenId>(kNumPieces + 1);
  definition.adds_bos = settings.add_bos.value_or(true);
  definition.chat_template = settings.chat_template;
  return std::make_shared<ByteBpe>(std::move(definition));
}

}  // namespace radonc::text
