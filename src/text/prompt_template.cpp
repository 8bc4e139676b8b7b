#include "radonc/text/prompt_template.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "radonc/core/error.hpp"

namespace radonc::text {
namespace {

constexpr std::array<std::pair<PromptTemplate, std::string_view>, 7> kNames = {{
    {PromptTemplate::kPlain, "plain"},
    {PromptTemplate::kAlpaca, "alpaca"},
    {PromptTemplate::kLlama2, "llama2"},
    {PromptTemplate::kMistralV1, "mistral-v1"},
    {PromptTemplate::kMistralV3, "mistral-v3"},
    {PromptTemplate::kChatMl, "chatml"},
    {PromptTemplate::kLlama3, "llama3"},
}};

std::string known_names() {
  std::vector<std::string_view> names;
  for (const auto& [kind, name] : kNames) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Whether the vocabulary has the piece, and text cannot make it.
bool has_control(const Tokenizer& tokenizer, std::string_view piece) {
  const auto id = tokenizer.id_of(piece);
  if (!id) return false;
  const auto plain = tokenizer.encode(piece, SpecialTokens::kAsText);
  return std::find(plain.begin(), plain.end(), *id) == plain.end();
}

}  // namespace

PromptTemplate detect_template(const Tokenizer& tokenizer) {
  const std::string format = tokenizer.chat_template();
  if (format.empty()) return PromptTemplate::kPlain;
  const auto names = [&](std::string_view mark) { return format.find(mark) != std::string::npos; };
  const auto controls = [&](std::initializer_list<std::string_view> pieces) {
    return std::all_of(pieces.begin(), pieces.end(), [&](auto piece) { return has_control(tokenizer, piece); });
  };
  if (names("<|start_header_id|>") && controls({"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}))
    return PromptTemplate::kLlama3;
  // Phi-4's variant of ChatML ends the role with <|im_sep|>.
  if (names("<|im_start|>") && !names("<|im_sep|>") && controls({"<|im_start|>", "<|im_end|>"}))
    return PromptTemplate::kChatMl;
  if (names("[INST]") && names("<<SYS>>")) return PromptTemplate::kLlama2;
  // Later Mistral models have a system turn of their own.
  if (names("[INST]") && !names("[SYSTEM_PROMPT]"))
    return controls({"[INST]", "[/INST]"}) ? PromptTemplate::kMistralV3 : PromptTemplate::kMistralV1;
  if (names("### Instruction:") && names("### Response:")) return PromptTemplate::kAlpaca;
  throw Error(
      fmt::format("The tokenizer's chat template is of a kind that radonc does not know, or its vocabulary lacks the "
                  "template's control tokens. Known are {}; models without a chat template get a plain prompt.",
                  known_names()));
}

std::string to_string(PromptTemplate prompt_template) {
  for (const auto& [kind, name] : kNames)
    if (kind == prompt_template) return std::string(name);
  throw Error(fmt::format("There is no prompt template {}.", static_cast<int>(prompt_template)));
}

PromptTemplate template_named(const std::string& name) {
  for (const auto& [kind, its_name] : kNames)
    if (its_name == name) return kind;
  throw Error(fmt::format("There is no prompt template \"{}\". Use one of: {}.", name, known_names()));
}

}  // namespace radonc::text
