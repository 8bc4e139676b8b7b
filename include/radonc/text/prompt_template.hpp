// How a model wants to be spoken to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::text {

/// The conversation formats that radonc knows. Where the system's text is empty, its turn is left out (ChatML keeps
/// it). A BOS comes first, once, if the tokenizer adds one. A format whose marks are plain text (Alpaca, LLaMA-2,
/// Mistral v1) cannot tell them from the same characters in a record; none of these becomes a control token, though.
enum class PromptTemplate {
  kPlain,      ///< system, a blank line, user, a blank line; the answer ends with EOS
  kAlpaca,     ///< Stanford's "Below is an instruction …": the system's text is the instruction, the user's the input
  kLlama2,     ///< [INST] <<SYS>>\n system \n<</SYS>>\n\n user [/INST] answer, a space and EOS; all marks are text
  kMistralV1,  ///< Instruct v0.1 and v0.2: [INST] system, a blank line, user [/INST] answer EOS; all marks are text
  kMistralV3,  ///< from Instruct v0.3: the same, but [INST] and [/INST] are control tokens
  kChatMl,     ///< <|im_start|>role\n … <|im_end|>\n; the answer ends with <|im_end|>
  kLlama3,     ///< <|start_header_id|>role<|end_header_id|>\n\n … <|eot_id|>, without the dates of 3.1's template
};

/// The template that belongs to the tokenizer: by its chat template's marks and its vocabulary, plain if it has no chat
/// template. Throws radonc::Error if it has one of a kind that radonc does not know.
RADONC_API PromptTemplate detect_template(const Tokenizer& tokenizer);

/// "plain", "alpaca", "llama2", "mistral-v1", "mistral-v3", "chatml" or "llama3".
RADONC_API std::string to_string(PromptTemplate prompt_template);

/// The reverse of to_string. Throws radonc::Error with the known names for any other.
RADONC_API PromptTemplate template_named(const std::string& name);

}  // namespace radonc::text
