// Prompts and answers as token ids. The supervised span is known from the rendering, never searched in the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/text/prompt_template.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::text {

/// A prompt and its answer; ids[num_prompt_tokens …] is the answer with its end token, which training supervises.
struct RADONC_API TokenizedPair {
  std::vector<TokenId> ids;
  std::size_t num_prompt_tokens = 0;
};

/// The ids of `next` where it follows `before` in one text. SentencePiece puts a space before every text that it is
/// given, which these ids lack. Where a merge would span the border, `next` stands alone.
RADONC_API std::vector<TokenId> encode_after(const Tokenizer& tokenizer, const std::string& before,
                                             const std::string& next);

/// Ids up to where the answer begins: one BOS if the model expects it, then the system's and the user's turn. What they
/// say is plain text: nothing in it becomes a control token.
RADONC_API std::vector<TokenId> encode_prompt(const Tokenizer& tokenizer, PromptTemplate prompt_template,
                                              std::string_view system, std::string_view user);

/// encode_prompt, then the answer and the token that ends it, once. A space that the template puts after the answer
/// (LLaMA-2) is supervised too.
RADONC_API TokenizedPair encode_pair(const Tokenizer& tokenizer, PromptTemplate prompt_template,
                                     std::string_view system, std::string_view user, std::string_view answer);

/// The token with which the model ends an answer. Throws radonc::Error if the vocabulary has none.
RADONC_API TokenId end_of_answer(const Tokenizer& tokenizer, PromptTemplate prompt_template);

}  // namespace radonc::text
