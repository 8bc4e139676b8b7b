#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/text/tokenizer.hpp"
#include "support/temporary_folder.hpp"
#include "support/tokenizer_corpus.hpp"

using namespace radonc;
using text::SpecialTokens;
using text::Tokenizer;

namespace {

void check_goldens(const Tokenizer& tokenizer, const std::string& golden, SpecialTokens special,
                   const std::vector<std::string>& texts = test::corpus()) {
  const std::vector<std::string> hashes = test::read_lines(test::text_data(golden));
  REQUIRE(hashes.size() <= texts.size());
  std::size_t num_wrong = 0;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (test::hash_of(tokenizer.encode(texts[i], special)) == hashes[i]) continue;
    if (++num_wrong <= 5) MESSAGE(golden, " differs at line ", i + 1, ": ", texts[i]);
  }
  CHECK(num_wrong == 0);
}

void check_round_trip(const Tokenizer& tokenizer, const std::string& unlike = "") {
  std::size_t num_wrong = 0;
  for (const std::string& line : test::corpus()) {
    if (!unlike.empty() && line.find(unlike) != line.npos) continue;
    if (tokenizer.decode(tokenizer.encode(line)) == line) continue;
    if (++num_wrong <= 5) MESSAGE("does not come back: ", line);
  }
  CHECK(num_wrong == 0);
}

std::string first_bytes(const std::filesystem::path& path, std::size_t count) {
  std::string bytes(count, '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(count));
  return bytes;
}

}  // namespace

TEST_CASE("the corpus is whole") {
  CHECK(test::corpus().size() == 10'000);
  CHECK(test::read_lines(test::text_data("smollm2_ids.txt")).size() == 10'000);
  CHECK(test::read_lines(test::text_data("tokenizer_json_ids.txt")).size() == 10'000);
  CHECK(test::read_lines(test::text_data("sentencepiece_ids.txt")).size() == 2'000);
}

TEST_CASE("a GGUF file's tokenizer equals Hugging Face's") {
  const auto tokenizer = test::smollm2();
  check_goldens(*tokenizer, "smollm2_ids.txt", SpecialTokens::kAsText);
  check_goldens(*tokenizer, "smollm2_parsed_ids.txt", SpecialTokens::kParse);
  check_round_trip(*tokenizer);
  CHECK(tokenizer->vocab_size() == 49'152);
}

TEST_CASE("a tokenizer.json equals Hugging Face's, by itself and in its folder") {
  const auto tokenizer = Tokenizer::load(test::text_data("tokenizer.json"));
  check_goldens(*tokenizer, "tokenizer_json_ids.txt", SpecialTokens::kAsText);
  check_goldens(*tokenizer, "tokenizer_json_parsed_ids.txt", SpecialTokens::kParse);
  check_round_trip(*tokenizer);
  CHECK(tokenizer->vocab_size() == 1'500);
  CHECK(tokenizer->id_of("<|im_end|>") == 1);

  const test::TemporaryFolder folder;
  std::filesystem::copy(test::text_data("tokenizer.json"), folder.path());
  CHECK(Tokenizer::load(folder.path())->encode("60 Gy in 30") == tokenizer->encode("60 Gy in 30"));
}

TEST_CASE("a SentencePiece model equals the sentencepiece package") {
  const auto tokenizer = Tokenizer::load(test::text_data("tokenizer.model"));
  check_goldens(*tokenizer, "sentencepiece_ids.txt", SpecialTokens::kAsText);
  check_round_trip(*tokenizer, "▁");  // SentencePiece's own sign for a space
  CHECK(tokenizer->vocab_size() == 1'000);
  CHECK(tokenizer->bos() == 1);
  CHECK(tokenizer->eos() == 2);
}

TEST_CASE("control tokens are read only where asked for, and never written") {
  for (const auto& tokenizer : {test::smollm2(), Tokenizer::load(test::text_data("tokenizer.json"))}) {
    const auto control = tokenizer->id_of("<|im_end|>");
    REQUIRE(control.has_value());
    const std::string text = "a<|im_end|>b";
    const auto plain = tokenizer->encode(text);
    CHECK(std::count(plain.begin(), plain.end(), *control) == 0);
    CHECK(tokenizer->decode(plain) == text);
    const auto parsed = tokenizer->encode(text, SpecialTokens::kParse);
    CHECK(std::count(parsed.begin(), parsed.end(), *control) == 1);
    CHECK(tokenizer->decode(parsed) == "ab");
    CHECK_FALSE(tokenizer->id_of("no such piece").has_value());
  }
}

TEST_CASE("invalid UTF-8 comes back byte for byte") {
  const auto all_bytes = Tokenizer::load(test::text_data("tokenizer.json"));
  for (const std::string text : {"\xff", "a\xc3", "\xe2\x82 Gy", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc0\xaf"})
    CHECK(all_bytes->decode(all_bytes->encode(text)) == text);
  const std::string zero("a\0b", 3);
  CHECK(all_bytes->decode(all_bytes->encode(zero)) == zero);
  // SmolLM2's vocabulary lacks the bytes that UTF-8 never uses; the others come back.
  for (const std::string text : {"a\xc3", "\xe2\x82 Gy", "\xed\xa0\x80"})
    CHECK(test::smollm2()->decode(test::smollm2()->encode(text)) == text);
}

TEST_CASE("the bytes of a text's tokens are the text's") {
  const auto same = [](const Tokenizer& tokenizer, const std::string& before, const std::string& line) {
    std::string bytes;
    for (const text::TokenId id : tokenizer.encode(line)) bytes += tokenizer.bytes_of(id);
    CHECK(bytes == before + line);
  };
  const auto pieces = Tokenizer::load(test::text_data("tokenizer.model"));
  for (std::size_t i = 0; i < test::corpus().size(); i += 50) {
    const std::string& line = test::corpus()[i];
    same(*test::smollm2(), "", line);
    // SentencePiece's own spelling of white space and of "▁" is another text.
    if (!line.empty() && line.find("\u2581") == line.npos) same(*pieces, " ", line);
  }
  CHECK(pieces->bytes_of(pieces->id_of("<0xC3>").value()) == "\xC3");
  CHECK(pieces->bytes_of(pieces->id_of("</s>").value()).empty());
  CHECK(pieces->bytes_of(pieces->id_of("<unk>").value()).empty());
  CHECK(test::smollm2()->bytes_of(test::smollm2()->id_of("<|im_end|>").value()).empty());
  CHECK_THROWS_AS((void)pieces->bytes_of(-1), Error);
  CHECK_THROWS_AS((void)test::smollm2()->bytes_of(49'152), Error);
}

TEST_CASE("an id outside the vocabulary is an error") {
  for (const auto& tokenizer : {test::smollm2(), Tokenizer::load(test::text_data("tokenizer.json")),
                                Tokenizer::load(test::text_data("tokenizer.model"))}) {
    for (const auto id : {-1, static_cast<text::TokenId>(tokenizer->vocab_size()), 2'000'000'000})
      CHECK_THROWS_AS(static_cast<void>(tokenizer->decode(std::array{static_cast<text::TokenId>(id)})), Error);
    CHECK(tokenizer->decode({}).empty());
    CHECK(tokenizer->encode("").empty());
  }
}

TEST_CASE("what is no tokenizer is named") {
  const test::TemporaryFolder folder;
  const auto throws = [&](const std::string& name, const std::string& bytes) {
    core::write_file_atomically(folder.path() / name, bytes);
    CHECK_THROWS_WITH_AS(Tokenizer::load(folder.path() / name), doctest::Contains(name.c_str()), Error);
  };
  throws("foreign.bin", "PK\x03\x04 something else");
  throws("empty", "");
  throws("broken.json", "{\"model\": ");
  throws("other.json", "{\"a\": 1}");
  throws("unigram.json", R"({"model": {"type": "Unigram", "vocab": []}})");
  throws("list.json", "[1, 2]");
  throws("few.model", "IQ== 0\nIg== 1\n");  // Llama 3's kind, but not its 128,000 pieces
  throws("gap.model", "IQ== 0\nIg== 2\n");
  throws("twice.model", "IQ== 0\nIQ== 1\n");
  throws("letters.model", "I?== 0\nIg== 1\n");
  CHECK_THROWS_AS(Tokenizer::load(folder.path() / "absent"), Error);
  std::filesystem::create_directory(folder.path() / "nothing");
  CHECK_THROWS_WITH_AS(Tokenizer::load(folder.path() / "nothing"), doctest::Contains("nothing"), Error);
}

TEST_CASE("a truncated file is an error wherever it ends") {
  const test::TemporaryFolder folder;
  const auto throws = [&](const std::string& name, const std::string& bytes, std::size_t size) {
    core::write_file_atomically(folder.path() / name, std::string_view(bytes).substr(0, size));
    CAPTURE(size);
    CHECK_THROWS_AS(Tokenizer::load(folder.path() / name), Error);
  };
  const std::string gguf = first_bytes(test::smollm2_path(), 3'000'000);  // the tensors lie behind it
  for (std::size_t size = 0; size < 200; ++size) throws("t.gguf", gguf, size);
  for (std::size_t size = 200; size < gguf.size(); size += 60'013) throws("t.gguf", gguf, size);
  const std::string json = core::read_file(test::text_data("tokenizer.json"));
  for (std::size_t size = 0; size + 2 < json.size(); size += 2'003) throws("tokenizer.json", json, size);
  const std::string pieces = core::read_file(test::text_data("tokenizer.model"));
  for (std::size_t size = 0; size < pieces.size(); size += 97) throws("tokenizer.model", pieces, size);
  for (std::size_t size = pieces.size() - 64; size < pieces.size(); ++size) throws("tokenizer.model", pieces, size);
}

namespace {

std::string number(std::uint64_t value, std::size_t bytes) {
  return {reinterpret_cast<const char*>(&value), bytes};
}
std::string counted(const std::string& text) {
  return number(text.size(), 8) + text;
}
std::string string_key(const std::string& name, const std::string& value) {
  return counted(name) + number(8, 4) + counted(value);
}
std::string array_head(const std::string& name, std::uint64_t type, std::size_t count) {
  return counted(name) + number(9, 4) + number(type, 4) + number(count, 8);
}

nlohmann::json small_tokenizer() {
  return nlohmann::json::parse(core::read_file(test::text_data("tokenizer.json")));
}

/// The vocabulary of tokenizer.json as a GGUF file without tensors.
std::string as_gguf(const std::string& model, const std::string& pre) {
  const nlohmann::json file = small_tokenizer();
  std::vector<std::string> pieces(file["model"]["vocab"].size());
  for (const auto& [piece, id] : file["model"]["vocab"].items()) pieces.at(id.get<std::size_t>()) = piece;
  std::string bytes = "GGUF" + number(3, 4) + number(0, 8) + number(5, 8) + string_key("tokenizer.ggml.model", model) +
                      string_key("tokenizer.ggml.pre", pre);
  bytes += array_head("tokenizer.ggml.tokens", 8, pieces.size());
  for (const std::string& piece : pieces) bytes += counted(piece);
  bytes += array_head("tokenizer.ggml.token_type", 5, pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) bytes += number(i < 2 ? 3 : 1, 4);  // two control tokens
  bytes += array_head("tokenizer.ggml.merges", 8, file["model"]["merges"].size());
  for (const auto& merge : file["model"]["merges"])
    bytes += counted(merge.at(0).get<std::string>() + " " + merge.at(1).get<std::string>());
  return bytes;
}

}  // namespace

TEST_CASE("words that no white space cuts are merged as Hugging Face does") {
  const auto repeat = [](const std::string& text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  };
  const std::vector<std::string> words = {repeat("radiotherapy", 500), repeat(" ", 3'000),     repeat("=-+", 1'000),
                                          repeat("あ", 1'500),         repeat("GATTACA", 400), repeat("a", 2'001)};
  const auto goldens = test::read_lines(test::text_data("smollm2_long_ids.txt"));
  REQUIRE(goldens.size() == words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    CAPTURE(i);
    CHECK(test::hash_of(test::smollm2()->encode(words[i])) == goldens[i]);
  }
}

TEST_CASE("a GGUF file's pre-tokenizer goes by its name") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "vocabulary.gguf";
  const auto load = [&](const std::string& model, const std::string& pre) {
    core::write_file_atomically(path, as_gguf(model, pre));
    return Tokenizer::load(folder.path());  // the only model file in its folder
  };
  check_goldens(*load("gpt2", "gpt-2"), "tokenizer_json_ids.txt", SpecialTokens::kAsText);
  check_goldens(*load("gpt2", "default"), "tokenizer_json_parsed_ids.txt", SpecialTokens::kParse);
  check_goldens(*load("gpt2", "llama-bpe"), "llama3_ids.txt", SpecialTokens::kAsText);
  const std::string decomposed = "Me\u0301nie\u0300re \u1112\u1161\u11ab", composed = "Ménière 한";
  CHECK(load("gpt2", "qwen2")->encode(decomposed) == load("gpt2", "qwen2")->encode(composed));
  CHECK(load("gpt2", "llama-bpe")->encode(decomposed) != load("gpt2", "llama-bpe")->encode(composed));
  CHECK_THROWS_WITH_AS(load("gpt2", "unheard-of"), doctest::Contains("unheard-of"), Error);
  CHECK_THROWS_WITH_AS(load("llama", "default"), doctest::Contains("scores"), Error);
  core::write_file_atomically(folder.path() / "second.gguf", as_gguf("gpt2", "gpt-2"));
  CHECK_THROWS_WITH_AS(Tokenizer::load(folder.path()), doctest::Contains("2 .gguf files"), Error);
}

TEST_CASE("a tokenizer.json in Llama 3's manner: a Split, and a BOS from the post-processor") {
  nlohmann::json file = small_tokenizer();
  const std::string expression =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  file["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", "Isolated"}, {"invert", false}},
        {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}}}}};
  file["model"]["ignore_merges"] = true;
  file["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single",
       {{{"SpecialToken", {{"id", "<|im_start|>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}}};
  file["added_tokens"].push_back({{"id", 1'500}, {"content", "<think>"}, {"special", false}});
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "tokenizer.json";
  core::write_file_atomically(path, file.dump());
  core::write_file_atomically(folder.path() / "generation_config.json", R"({"eos_token_id": [1, 0]})");
  const auto tokenizer = Tokenizer::load(path);
  check_goldens(*tokenizer, "llama3_ids.txt", SpecialTokens::kAsText);
  CHECK(tokenizer->adds_bos());
  CHECK(tokenizer->bos() == 0);
  CHECK(tokenizer->eos() == 1);
  // An added token that is not special is a token where control tokens are, but its text counts.
  const auto thought = tokenizer->encode("a<think>", SpecialTokens::kParse);
  CHECK(thought.back() == 1'500);
  CHECK(tokenizer->decode(thought) == "a<think>");
  const auto plain = tokenizer->encode("a<think>");
  CHECK(std::count(plain.begin(), plain.end(), 1'500) == 0);
  core::write_file_atomically(folder.path() / "tokenizer_config.json",
                              R"({"add_bos_token": false, "eos_token": {"content": "<|im_start|>"}})");
  CHECK_FALSE(Tokenizer::load(path)->adds_bos());
  CHECK(Tokenizer::load(path)->eos() == 0);

  for (const char* type : {"Metaspace", "Whitespace", "BertPreTokenizer"}) {
    file["pre_tokenizer"] = {{"type", type}};
    core::write_file_atomically(path, file.dump());
    CHECK_THROWS_WITH_AS(Tokenizer::load(path), doctest::Contains(type), Error);
  }
}

namespace {

/// The texts of make_qwen2_goldens.py, then, for its real vocabulary, lines of the corpus.
std::vector<std::string> qwen2_texts(std::size_t num_corpus_lines) {
  std::vector<std::string> texts = test::read_texts("qwen2/texts.txt");
  const auto& corpus = test::corpus();
  texts.insert(texts.end(), corpus.begin(), corpus.begin() + static_cast<std::ptrdiff_t>(num_corpus_lines));
  return texts;
}

}  // namespace

TEST_CASE("Qwen2's tokenizer normalises texts to NFC, and finds its added tokens, as Hugging Face's does") {
  const auto tokenizer = Tokenizer::load(test::text_data("qwen2"));
  const auto texts = qwen2_texts(0);
  REQUIRE(texts.size() == 900);
  check_goldens(*tokenizer, "qwen2/ids.txt", SpecialTokens::kAsText, texts);
  check_goldens(*tokenizer, "qwen2/parsed_ids.txt", SpecialTokens::kParse, texts);
  CHECK_FALSE(tokenizer->bos().has_value());
  CHECK_FALSE(tokenizer->adds_bos());
  CHECK(tokenizer->eos() == tokenizer->id_of("<|im_end|>"));
  const auto metadata = tokenizer->gguf_metadata();
  CHECK(std::get<std::string>(metadata.at("tokenizer.ggml.pre")) == "qwen2");

  CHECK(tokenizer->decode(tokenizer->encode("e\u0301 \u212b \uac00\u11a8 \u0958")) == "é \u00c5 \uac01 \u0915\u093c");
  // Joined only where they touch: bytes that are no UTF-8 stand between, and stay.
  for (const std::string text : {"e\xff\u0301", "\xff", "é\xc3", "\xed\xa0\x80\u0301", "\uac00\u11a7"})
    CHECK(tokenizer->decode(tokenizer->encode(text)) == text);
}

TEST_CASE("Qwen2's own pieces, where RADONC_QWEN2_TOKENIZER names their folder") {
  const char* path = std::getenv("RADONC_QWEN2_TOKENIZER");
  if (path == nullptr || *path == '\0') return;
  const auto tokenizer = Tokenizer::load(path);
  CHECK(tokenizer->vocab_size() == 151'646);
  CHECK(tokenizer->id_of("<|endoftext|>") == 151'643);
  const auto texts = qwen2_texts(1'000);
  check_goldens(*tokenizer, "qwen2/real_ids.txt", SpecialTokens::kAsText, texts);
  check_goldens(*tokenizer, "qwen2/real_parsed_ids.txt", SpecialTokens::kParse, texts);
}

TEST_CASE("a normalizer other than NFC is named") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "tokenizer.json";
  nlohmann::json file = small_tokenizer();
  const auto load = [&](const nlohmann::json& normalizer) {
    file["normalizer"] = normalizer;
    core::write_file_atomically(path, file.dump());
    return Tokenizer::load(path);
  };
  const nlohmann::json nfc = {{"type", "NFC"}}, lower = {{"type", "Lowercase"}};
  CHECK_THROWS_WITH_AS(load(lower), doctest::Contains("normalizer: \"Lowercase\""), Error);
  CHECK_THROWS_WITH_AS(load({{"type", "Sequence"}, {"normalizers", {nfc, lower}}}), doctest::Contains("Lowercase"),
                       Error);
  CHECK_THROWS_AS(load({{"type", "Sequence"}}), Error);
  const auto in_sequence = load({{"type", "Sequence"}, {"normalizers", {nfc}}});
  CHECK(in_sequence->encode("e\u0301") == in_sequence->encode("é"));
  CHECK_THROWS_WITH_AS(static_cast<void>(in_sequence->gguf_metadata()), doctest::Contains("no name"), Error);
}

TEST_CASE("SentencePiece goes first where a folder holds both forms") {
  const test::TemporaryFolder folder;
  std::filesystem::copy(test::text_data("tokenizer.model"), folder.path());
  core::write_file_atomically(folder.path() / "tokenizer.json", R"({"model": {"type": "BPE", "byte_fallback": true}})");
  CHECK(Tokenizer::load(folder.path())->vocab_size() == 1'000);
  // Llama 3's tokenizer.model is a text of another kind, and its tokenizer.json the one to read.
  core::write_file_atomically(folder.path() / "tokenizer.model", "IQ== 0\nIg== 1\n");
  std::filesystem::copy(test::text_data("tokenizer.json"), folder.path() / "tokenizer.json",
                        std::filesystem::copy_options::overwrite_existing);
  CHECK(Tokenizer::load(folder.path())->vocab_size() == 1'500);
}
