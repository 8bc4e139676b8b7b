#include "radonc/text/encode.hpp"

#include <string>

#include "radonc/core/error.hpp"

namespace radonc::text {
namespace {

/// Appends control tokens and texts in turn.
class Renderer {
 public:
  explicit Renderer(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {
    if (tokenizer.adds_bos() && tokenizer.bos()) ids_.push_back(*tokenizer.bos());
  }

  Renderer& control(std::string_view piece) {
    const auto id = tokenizer_.id_of(piece);
    if (!id) throw Error("The vocabulary has no " + std::string(piece) + ", which the model's prompt format needs.");
    ids_.push_back(*id);
    return *this;
  }

  Renderer& text(std::string_view text) {
    const auto more = tokenizer_.encode(text, SpecialTokens::kAsText);
    ids_.insert(ids_.end(), more.begin(), more.end());
    return *this;
  }

  std::vector<TokenId> take() { return std::move(ids_); }

 private:
  const Tokenizer& tokenizer_;
  std::vector<TokenId> ids_;
};

}  // namespace

std::vector<TokenId> encode_prompt(const Tokenizer& tokenizer, PromptTemplate prompt_template, std::string_view system,
                                   std::string_view user) {
  Renderer out(tokenizer);
  if (prompt_template == PromptTemplate::kPlain) {
    const std::string head = system.empty() ? "" : std::string(system) + "\n\n";
    return out.text(head + std::string(user) + "\n\n").take();
  }
  const auto turn = [&](std::string_view role, std::string_view content) {
    out.control("<|im_start|>").text(std::string(role) + "\n" + std::string(content)).control("<|im_end|>").text("\n");
  };
  turn("system", system);
  turn("user", user);
  return out.control("<|im_start|>").text("assistant\n").take();
}

TokenizedPair encode_pair(const Tokenizer& tokenizer, PromptTemplate prompt_template, std::string_view system,
                          std::string_view user, std::string_view answer) {
  TokenizedPair pair{.ids = encode_prompt(tokenizer, prompt_template, system, user), .num_prompt_tokens = 0};
  pair.num_prompt_tokens = pair.ids.size();
  const auto ids = tokenizer.encode(answer, SpecialTokens::kAsText);
  pair.ids.insert(pair.ids.end(), ids.begin(), ids.end());
  pair.ids.push_back(end_of_answer(tokenizer, prompt_template));
  return pair;
}

TokenId end_of_answer(const Tokenizer& tokenizer, PromptTemplate prompt_template) {
  const auto end = prompt_template == PromptTemplate::kChatMl ? tokenizer.id_of("<|im_end|>") : tokenizer.eos();
  if (!end)
    throw Error("The vocabulary has no token that ends an answer. Load the tokenizer that came with the model.");
  return *end;
}

}  // namespace radonc::text
