#include "common.hpp"

PYBIND11_MODULE(_core, module) {
  using namespace radonc::bindings;
  module.doc() = "radonc's C++ core; use the package `radonc`, which wraps it.";
  bind_core(module);
  bind_data(module);
  bind_icd10(module);
  bind_regimen(module);
  bind_text(module);
  bind_metrics(module);
  bind_tasks(module);
  bind_stats(module);
  bind_evaluation(module);
  bind_report(module);
  bind_review(module);
  bind_model(module);
  bind_lora(module);
  bind_train(module);
  bind_generate(module);
  bind_study(module);
}
