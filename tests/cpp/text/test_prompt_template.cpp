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
}

TEST_CASE("the template beside a tokenizer.json counts, and an unknown one is an error") {
  const test::TemporaryFolder folder;
  const auto detect = [&](const std::string& file, const std::string& chat_template) {
    std::filesystem::copy(test::text_data(file), folder.path() / file,
                          std::filesystem::copy_options::overwrite_existing);
    core::write_file_atomically(folder.path() / "tokenizer_config.json",
                                "{\"chat_template\": \"" + chat_template + "\"}");
    return text::detect_template(*text::Tokenizer::load(folder.path() / file));
  };
  CHECK(detect("tokenizer.json", "") == PromptTemplate::kPlain);
  CHECK(detect("tokenizer.json", "{{ '<|im_start|>' + role + '<|im_end|>' }}") == PromptTemplate::kChatMl);
  CHECK_THROWS_WITH_AS(detect("tokenizer.json", "[INST] {{ text }} [/INST]"), doctest::Contains("chat template"),
                       Error);
  CHECK_THROWS_AS(detect("tokenizer.json", "{{ '<|im_start|>' + role + '<|im_sep|>' + '<|im_end|>' }}"), Error);
  CHECK_THROWS_AS(detect("tokenizer.model", "<|im_start|> without the pieces"), Error);
}
