// How a model wants to be spoken to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "radonc/text/tokenizer.hpp"

namespace radonc::text {

/// The conversation formats that radonc knows.
enum class PromptTemplate {
  kPlain,   ///< system, a blank line, user, a blank line; the answer ends with EOS
  kChatMl,  ///< <|im_start|>role\n … <|im_end|>\n; the answer ends with <|im_end|>
};

/// The template that belongs to the tokenizer: by its chat template's control tokens, plain if it has none.
/// Throws radonc::Error if it has a chat template of a kind that radonc does not know.
PromptTemplate detect_template(const Tokenizer& tokenizer);

}  // namespace radonc::text
