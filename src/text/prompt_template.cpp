#include "radonc/text/prompt_template.hpp"

#include "radonc/core/error.hpp"

namespace radonc::text {

PromptTemplate detect_template(const Tokenizer& tokenizer) {
  const std::string format = tokenizer.chat_template();
  if (format.empty()) return PromptTemplate::kPlain;
  // Phi-4's variant of ChatML ends the role with <|im_sep|>.
  if (format.find("<|im_start|>") != std::string::npos && format.find("<|im_sep|>") == std::string::npos &&
      tokenizer.id_of("<|im_start|>") && tokenizer.id_of("<|im_end|>")) {
    return PromptTemplate::kChatMl;
  }
  throw Error(
      "The tokenizer's chat template is of a kind that radonc does not know. Known is ChatML; models without a "
      "chat template get a plain prompt.");
}

}  // namespace radonc::text
