// A SentencePiece model made from its pieces. Private.
#pragma once

#include <string>
#include <vector>

namespace radonc::text {

/// Pieces by id, with their scores and types (numbered alike in SentencePiece and in tokenizer.ggml.token_type), as the
/// protobuf message in a tokenizer.model: BPE with byte fallback and no normalisation, as the LLaMA family has it.
std::string sentencepiece_message(const std::vector<std::string>& pieces, const std::vector<float>& scores,
                                  const std::vector<int>& types, bool add_dummy_prefix);

}  // namespace radonc::text
