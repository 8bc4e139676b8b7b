#include "common.hpp"
#include "radonc/generate/generator.hpp"

namespace radonc::bindings {

void bind_generate(py::module_& module) {
  using namespace generate;
  auto m = module.def_submodule("generate");

  py::class_<GenerateConfig> config(m, "GenerateConfig", "Settings of greedy decoding.");
  config.def_readwrite("max_new_tokens", &GenerateConfig::max_new_tokens)
      .def_readwrite("batch_size", &GenerateConfig::batch_size);
  init_by_keywords<GenerateConfig>(config);

  py::class_<Generation>(m, "Generation")
      .def_readonly("text", &Generation::text)
      .def_readonly("ids", &Generation::ids)
      .def_readonly("finished", &Generation::finished, "the model ended its answer itself")
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
}

}  // namespace radonc::bindings
