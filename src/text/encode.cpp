#include "radonc/text/encode.hpp"

#include <algorithm>
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

/// The answer's ids, without the token that ends it.
std::vector<TokenId> encode_answer(const Tokenizer& tokenizer, PromptTemplate prompt_template,
                                   const std::string& answer) {
  switch (prompt_template) {
    case PromptTemplate::kAlpaca:
      return encode_after(tokenizer, "\n", answer);
    case PromptTemplate::kLlama2:
      return encode_after(tokenizer, "[/INST]", " " + answer + " ");
    case PromptTemplate::kMistralV1:
      return encode_after(tokenizer, "[/INST]", " " + answer);
    default:
      return tokenizer.encode(answer, SpecialTokens::kAsText);
  }
}

std::string alpaca(const std::string& system, const std::string& user) {
  const std::string end = "\n\n### Response:\n";
  if (system.empty()) {
    return "Below is an instruction that describes a task. Write a response that appropriately completes the "
           "request.\n\n### Instruction:\n" +
           user + end;
  }
  return "Below is an instruction that describes a task, paired with an input that provides further context. Write a "
         "response that appropriately completes the request.\n\n### Instruction:\n" +
         system + "\n\n### Input:\n" + user + end;
}

/// The system's text before the user's, as models without a system role want it.
std::string joined(const std::string& system, const std::string& user) {
  return system.empty() ? user : system + "\n\n" + user;
}

}  // namespace

std::vector<TokenId> encode_after(const Tokenizer& tokenizer, const std::string& before, const std::string& next) {
  const auto head = tokenizer.encode(before, SpecialTokens::kAsText);
  auto ids = tokenizer.encode(before + next, SpecialTokens::kAsText);
  // The prompt's ids are what the model is asked with, and may not depend on the answer.
  if (ids.size() < head.size() || !std::equal(head.begin(), head.end(), ids.begin()))
    return tokenizer.encode(next, SpecialTokens::kAsText);
  ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(head.size()));
  return ids;
}

std::vector<TokenId> encode_prompt(const Tokenizer& tokenizer, PromptTemplate prompt_template, std::string_view system,
                                   std::string_view user) {
  Renderer out(tokenizer);
  const std::string said(system), asked(user);
  switch (prompt_template) {
    case PromptTemplate::kPlain:
      return out.text(joined(said, asked) + "\n\n").take();
    case PromptTemplate::kAlpaca:
      return out.text(alpaca(said, asked)).take();
    case PromptTemplate::kLlama2: {
      const std::string head = said.empty() ? "" : "<<SYS>>\n" + said + "\n<</SYS>>\n\n";
      return out.text("[INST] " + head + asked + " [/INST]").take();
    }
    case PromptTemplate::kMistralV1:
      return out.text("[INST] " + joined(said, asked) + " [/INST]").take();
    case PromptTemplate::kMistralV3:
      return out.control("[INST]").text(joined(said, asked)).control("[/INST]").take();
    case PromptTemplate::kChatMl: {
      const auto turn = [&](const std::string& role, const std::string& content) {
        out.control("<|im_start|>").text(role + "\n" + content).control("<|im_end|>").text("\n");
      };
      turn("system", said);
      turn("user", asked);
      return out.control("<|im_start|>").text("assistant\n").take();
    }
    case PromptTemplate::kLlama3: {
      const auto header = [&](std::string_view role) {
        out.control("<|start_header_id|>").text(role).control("<|end_header_id|>").text("\n\n");
      };
      const auto turn = [&](std::string_view role, std::string_view content) {
        header(role);
        out.text(content).control("<|eot_id|>");
      };
      if (!said.empty()) turn("system", said);
      turn("user", asked);
      header("assistant");
      return out.take();
    }
  }
  throw Error("There is no such prompt template.");
}

TokenizedPair encode_pair(const Tokenizer& tokenizer, PromptTemplate prompt_template, std::string_view system,
                          std::string_view user, std::string_view answer) {
  TokenizedPair pair{.ids = encode_prompt(tokenizer, prompt_template, system, user), .num_prompt_tokens = 0};
  pair.num_prompt_tokens = pair.ids.size();
  const auto ids = encode_answer(tokenizer, prompt_template, std::string(answer));
  pair.ids.insert(pair.ids.end(), ids.begin(), ids.end());
  pair.ids.push_back(end_of_answer(tokenizer, prompt_template));
  return pair;
}

TokenId end_of_answer(const Tokenizer& tokenizer, PromptTemplate prompt_template) {
  const auto end = prompt_template == PromptTemplate::kChatMl   ? tokenizer.id_of("<|im_end|>")
                   : prompt_template == PromptTemplate::kLlama3 ? tokenizer.id_of("<|eot_id|>")
                                                                : tokenizer.eos();
  if (!end)
    throw Error("The vocabulary has no token that ends an answer. Load the tokenizer that came with the model.");
  return *end;
}

}  // namespace radonc::text
