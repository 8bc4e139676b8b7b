#include "common.hpp"
#include "radonc/generate/choice.hpp"
#include "radonc/generate/generator.hpp"
#include "radonc/generate/token_grammar.hpp"
#include "radonc/generate/token_trie.hpp"

namespace radonc::bindings {

void bind_generate(py::module_& module) {
  using namespace generate;
  auto m = module.def_submodule("generate");

  py::class_<AnswerSet, std::shared_ptr<AnswerSet>>(m, "AnswerSet", "The answers that a model may give.")
      .def_property_readonly("longest", &AnswerSet::longest, "tokens of the longest answer, or a little more")
      .def("next", &AnswerSet::next, py::arg("state") = AnswerSet::kStart,
           "The tokens that may follow, with the states they lead to; none where an answer has ended.");
  py::class_<TokenTrie, AnswerSet, std::shared_ptr<TokenTrie>>(m, "TokenTrie", "A list of answers.")
      .def(py::init([](const text::Tokenizer& tokenizer, const std::vector<std::string>& answers,
                       const std::string& prompt_template) {
             return std::make_shared<TokenTrie>(tokenizer, chosen_template(tokenizer, prompt_template), answers);
           }),
           py::arg("tokenizer"), py::arg("answers"), py::arg("prompt_template") = "")
      .def_property_readonly("num_answers", &TokenTrie::num_answers);
  py::class_<TokenGrammar, AnswerSet, std::shared_ptr<TokenGrammar>>(m, "TokenGrammar", "The texts of a grammar.")
      .def(py::init([](const std::shared_ptr<text::Tokenizer>& tokenizer, const std::shared_ptr<core::Grammar>& grammar,
                       const std::string& prompt_template) {
             return std::make_shared<TokenGrammar>(tokenizer, chosen_template(*tokenizer, prompt_template), grammar);
           }),
           py::arg("tokenizer").none(false), py::arg("grammar").none(false), py::arg("prompt_template") = "");

  py::class_<Choice>(m, "Choice", "One prompt's answers, weighed.")
      .def_readonly("best", &Choice::best, "index of the most probable answer")
      .def_readonly("log_probabilities", &Choice::log_probabilities)
      .def_readonly("probabilities", &Choice::probabilities, "among the answers of the list: they sum to 1");

  py::class_<GenerateConfig> config(m, "GenerateConfig", "Settings of greedy decoding.");
  config.def_readwrite("max_new_tokens", &GenerateConfig::max_new_tokens)
      .def_readwrite("batch_size", &GenerateConfig::batch_size)
      .def_property(
          "answers", [](const GenerateConfig& self) { return std::const_pointer_cast<AnswerSet>(self.answers); },
          [](GenerateConfig& self, std::shared_ptr<AnswerSet> answers) { self.answers = std::move(answers); },
          "A TokenTrie or a TokenGrammar, if only its answers may be generated.");
  init_by_keywords<GenerateConfig>(config);

  py::class_<Generation>(m, "Generation")
      .def_readonly("text", &Generation::text)
      .def_readonly("ids", &Generation::ids)
      .def_readonly("finished", &Generation::finished, "the model ended its answer itself")
      .def_readonly("log_probability", &Generation::log_probability, "of the tokens chosen, among those allowed")
      .def_readonly("num_prompt_tokens", &Generation::num_prompt_tokens);

  m.def(
      "generate",
      [](const model::Transformer& model, const text::Tokenizer& tokenizer,
         const std::vector<std::pair<std::string, std::string>>& prompts, const GenerateConfig& config,
         const GenerateCallback& callback, const std::string& prompt_template) {
        std::vector<Prompt> asked;
        for (const auto& [system, user] : prompts) asked.push_back({system, user});
        return generate::generate(model, tokenizer, chosen_template(tokenizer, prompt_template), asked, config,
                                  callback);
      },
      py::arg("model"), py::arg("tokenizer"), py::arg("prompts"), py::arg("config") = GenerateConfig{},
      py::arg("callback") = GenerateCallback{}, py::arg("prompt_template") = "", ReleaseGil(),
      "Greedy answers to (system, user) prompts, in their order. The callback gets (done, total) after every batch.");

  m.def(
      "choose",
      [](const model::Transformer& model, const text::Tokenizer& tokenizer,
         const std::vector<std::pair<std::string, std::string>>& prompts, const std::vector<std::string>& answers,
         const GenerateCallback& callback, const std::string& prompt_template) {
        std::vector<Prompt> asked;
        for (const auto& [system, user] : prompts) asked.push_back({system, user});
        return choose(model, tokenizer, chosen_template(tokenizer, prompt_template), asked, answers, callback);
      },
      py::arg("model"), py::arg("tokenizer"), py::arg("prompts"), py::arg("answers"),
      py::arg("callback") = GenerateCallback{}, py::arg("prompt_template") = "", ReleaseGil(),
      "How probable each answer of a list is for each prompt.");
}

}  // namespace radonc::bindings
