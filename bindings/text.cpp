#include <pybind11/native_enum.h>

#include "common.hpp"
#include "radonc/text/encode.hpp"
#include "radonc/text/prompt_template.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::bindings {

text::PromptTemplate chosen_template(const text::Tokenizer& tokenizer, const std::string& name) {
  return name.empty() ? text::detect_template(tokenizer) : text::template_named(name);
}

void bind_text(py::module_& module) {
  using namespace text;
  auto m = module.def_submodule("text");

  py::class_<Tokenizer, std::shared_ptr<Tokenizer>>(m, "Tokenizer", "Text to token ids and back.")
      .def_static(
          "load",
          [](const std::filesystem::path& path) { return std::const_pointer_cast<Tokenizer>(Tokenizer::load(path)); },
          py::arg("path"), ReleaseGil(),
          "Reads a GGUF file, tokenizer.json, tokenizer.model, or a folder that holds one of these.")
      .def(
          "encode",
          [](const Tokenizer& self, const std::string& text, bool parse_special) {
            return self.encode(text, parse_special ? SpecialTokens::kParse : SpecialTokens::kAsText);
          },
          py::arg("text"), py::kw_only(), py::arg("parse_special") = false,
          "Ids of the text alone. Control tokens in it are plain text unless parse_special.")
      .def(
          "decode",
          [](const Tokenizer& self, const std::vector<TokenId>& ids) {
            return py::bytes(self.decode(ids)).attr("decode")("utf-8", "replace");
          },
          py::arg("ids"), "Text of the ids; control tokens are left out.")
      .def(
          "id_of", [](const Tokenizer& self, const std::string& piece) { return self.id_of(piece); }, py::arg("piece"))
      .def_property_readonly("vocab_size", &Tokenizer::vocab_size)
      .def_property_readonly("bos", &Tokenizer::bos)
      .def_property_readonly("eos", &Tokenizer::eos);

  py::class_<TokenizedPair> pair(m, "TokenizedPair", "ids[num_prompt_tokens:] is the supervised answer.");
  pair.def_readwrite("ids", &TokenizedPair::ids).def_readwrite("num_prompt_tokens", &TokenizedPair::num_prompt_tokens);
  init_by_keywords<TokenizedPair>(pair);

  m.def(
      "encode_pair",
      [](const Tokenizer& tokenizer, const std::string& system, const std::string& user, const std::string& answer,
         const std::string& prompt_template) {
        return encode_pair(tokenizer, chosen_template(tokenizer, prompt_template), system, user, answer);
      },
      py::arg("tokenizer"), py::arg("system"), py::arg("user"), py::arg("answer"), py::arg("prompt_template") = "",
      "A prompt and its answer with the end token once, in the named template, else in the tokenizer's own.\n"
      "Templates: plain, alpaca, llama2, mistral-v1, mistral-v3, chatml, llama3.");
  m.def(
      "detect_template", [](const Tokenizer& tokenizer) { return to_string(detect_template(tokenizer)); },
      py::arg("tokenizer"), "The name of the template that belongs to the tokenizer.");
}

}  // namespace radonc::bindings
