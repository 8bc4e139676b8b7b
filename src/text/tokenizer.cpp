#include "radonc/text/tokenizer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "text/tokenizer_files.hpp"

namespace radonc::text {
namespace {

/// A SentencePiece model is a protobuf message that begins with its pieces; Llama 3's tokenizer.model is a text.
bool is_sentencepiece(const std::filesystem::path& path) {
  return std::filesystem::is_regular_file(path) && core::read_file(path).starts_with('\n');
}

/// SentencePiece first: where a folder holds both, tokenizer.json is the same model in another form, which radonc does
/// not read.
std::filesystem::path tokenizer_in(const std::filesystem::path& folder) {
  auto model = folder / "tokenizer.model", json = folder / "tokenizer.json";
  if (is_sentencepiece(model)) return model;
  if (std::filesystem::exists(json)) return json;
  if (std::filesystem::exists(model)) return model;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".gguf") found.push_back(entry.path());
  if (found.size() == 1) return found.front();
  throw Error(
      fmt::format("{}: expected a tokenizer.json, a tokenizer.model or one .gguf file in this folder, found {}. "
                  "Name the file.",
                  folder.string(), found.empty() ? "none" : fmt::format("{} .gguf files", found.size())));
}

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::load(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return load(tokenizer_in(path));
  const core::MappedFile file(path);
  const auto bytes = file.bytes();
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 64));
  if (head.starts_with("GGUF")) return load_gguf_tokenizer(path);
  if (const auto first = head.find_first_not_of(" \t\r\n"); first != head.npos && head[first] == '{')
    return load_json_tokenizer(path);
  // A SentencePiece model begins with a line end; here is a first line "IQ== 0".
  if (const auto line = head.substr(0, head.find('\n')); line.size() > 2 && line.ends_with(" 0"))
    return load_tiktoken_tokenizer(path);
  return load_sentencepiece_tokenizer(path);
}

}  // namespace radonc::text
