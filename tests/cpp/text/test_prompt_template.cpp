#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/text/prompt_template.hpp"
#include "support/temporary_folder.hpp"
#include "support/tokenizer_corpus.hpp"

using namespace radonc;
using text::PromptTemplate;

TEST_CASE("the template is recognised by the tokenizer") {
  CHECK(text::detect_template(*test::smollm2()) == PromptTemplate::kChatMl);
  CHECK(text::detect_template(*text::Tokenizer::load(test::text_data("tokenizer.model"))) == PromptTemplate::kPlain);
  CHECK(text::detect_template(*text::Tokenizer::load(test::text_data("llama3"))) == PromptTemplate::kLlama3);
}

TEST_CASE("every template has a name") {
  for (const char* name : {"plain", "alpaca", "llama2", "mistral-v1", "mistral-v3", "chatml", "llama3"})
    CHECK(text::to_string(text::template_named(name)) == name);
  CHECK(text::template_named("mistral-v3") == PromptTemplate::kMistralV3);
  CHECK_THROWS_WITH_AS(
      text::template_named("vicuna"),
      doctest::Contains("\"vicuna\". Use one of: plain, alpaca, llama2, mistral-v1, mistral-v3, chatml"), Error);
}

TEST_CASE("the template beside a tokenizer.json counts, and an unknown one is an error") {
  const test::TemporaryFolder folder;
  const auto detect = [&](const std::string& file, const std::string& chat_template) {
    const auto copy = folder.path() / std::filesystem::path(file).filename();
    std::filesystem::copy(test::text_data(file), copy, std::filesystem::copy_options::overwrite_existing);
    core::write_file_atomically(folder.path() / "tokenizer_config.json",
                                "{\"chat_template\": \"" + chat_template + "\"}");
    return text::detect_template(*text::Tokenizer::load(copy));
  };
  CHECK(detect("tokenizer.json", "") == PromptTemplate::kPlain);
  CHECK(detect("tokenizer.json", "{{ '<|im_start|>' + role + '<|im_end|>' }}") == PromptTemplate::kChatMl);
  CHECK(detect("tokenizer.json", "[INST] {{ text }} [/INST]") == PromptTemplate::kMistralV1);
  CHECK(detect("tokenizer.model", "{{ bos_token + '[INST] <<SYS>>' + text + ' [/INST]' }}") == PromptTemplate::kLlama2);
  CHECK(detect("tokenizer.model", "### Instruction: {{ text }} ### Response:") == PromptTemplate::kAlpaca);
  CHECK(detect("mistral/tokenizer.model.v1", "[INST] {{ text }} [/INST]") == PromptTemplate::kMistralV1);
  CHECK(detect("mistral/tokenizer.model.v3", "[INST] {{ text }} [/INST]") == PromptTemplate::kMistralV3);
  CHECK(detect("mistral/tokenizer.model.v3", "") == PromptTemplate::kPlain);
  CHECK_THROWS_WITH_AS(detect("mistral/tokenizer.model.v3", "[SYSTEM_PROMPT] {{ text }} [INST]"),
                       doctest::Contains("mistral-v3"), Error);
  CHECK_THROWS_WITH_AS(detect("tokenizer.json", "<|user|> {{ text }}"), doctest::Contains("chat template"), Error);
  CHECK_THROWS_AS(detect("tokenizer.json", "<|start_header_id|> without the pieces"), Error);
  CHECK_THROWS_AS(detect("tokenizer.json", "{{ '<|im_start|>' + role + '<|im_sep|>' + '<|im_end|>' }}"), Error);
  CHECK_THROWS_AS(detect("tokenizer.model", "<|im_start|> without the pieces"), Error);
}
