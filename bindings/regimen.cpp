#include "radonc/clinical/regimen.hpp"

#include <pybind11/native_enum.h>
#include <pybind11/operators.h>

#include "common.hpp"
#include "radonc/clinical/dose.hpp"
#include "radonc/clinical/regimen_grammar.hpp"

namespace radonc::bindings {

void bind_regimen(py::module_& module) {
  using namespace clinical;
  auto m = module.def_submodule("regimen");

  py::native_enum<PhaseKind>(m, "PhaseKind", "enum.Enum")
      .value("sequential", PhaseKind::kSequential)
      .value("simultaneous", PhaseKind::kSimultaneous)
      .value("point", PhaseKind::kPoint)
      .finalize();
  py::class_<Phase> phase(m, "Phase", "One phase of a prescription; see include/radonc/clinical/regimen.hpp.");
  phase.def_readwrite("kind", &Phase::kind)
      .def_readwrite("target", &Phase::target)
      .def_readwrite("modality", &Phase::modality)
      .def_readwrite("dose_per_fraction_cgy", &Phase::dose_per_fraction_cgy)
      .def_readwrite("num_fractions", &Phase::num_fractions)
      .def_readwrite("total_dose_cgy", &Phase::total_dose_cgy)
      .def_readwrite("fractions_per_day", &Phase::fractions_per_day)
      .def_property_readonly(
          "fractionation", [](const Phase& self) { return to_string(fractionation(self)); },
          "\"conventional\", \"moderately hypofractionated\" …")
      .def(py::self == py::self);
  init_by_keywords<Phase>(phase);

  py::class_<Regimen> regimen(m, "Regimen", "A prescription of one or several phases; str() is its canonical form.");
  regimen.def_readwrite("site", &Regimen::site)
      .def_readwrite("modality", &Regimen::modality)
      .def_readwrite("phases", &Regimen::phases)
      .def_property_readonly("total_dose_cgy", [](const Regimen& self) { return total_dose_cgy(self); })
      .def(
          "bed", [](const Regimen& self, double alpha_beta) { return bed_gy(self, alpha_beta); }, py::arg("alpha_beta"),
          "Biologically effective dose in Gy, by the linear-quadratic model with alpha/beta in Gy.")
      .def(
          "eqd2", [](const Regimen& self, double alpha_beta) { return eqd2_gy(self, alpha_beta); },
          py::arg("alpha_beta"), "The dose in Gy that has the same effect in fractions of 2 Gy.")
      .def("__str__", [](const Regimen& self) { return to_text(self); })
      .def(py::self == py::self);
  init_by_keywords<Regimen>(regimen);

  py::class_<RegimenReading>(m, "RegimenReading", "A regimen, or the reason why a text is none.")
      .def_readonly("value", &RegimenReading::value)
      .def_readonly("reason", &RegimenReading::reason)
      .def_readonly("inconsistent", &RegimenReading::inconsistent, "dose times fractions is not the stated total")
      .def_readonly("derived", &RegimenReading::derived, "a value was not written, and follows from the others");

  py::class_<core::Grammar, std::shared_ptr<core::Grammar>>(m, "Grammar", "A set of texts.")
      .def("accepts", &core::Grammar::accepts, py::arg("text"), "Whether the whole text is one of the set.");
  py::class_<RegimenGrammar, core::Grammar, std::shared_ptr<RegimenGrammar>>(
      m, "RegimenGrammar", "The canonical sentences of plausible regimens.")
      .def(py::init([](std::vector<std::string> sites, std::vector<std::string> modalities, int max_phases,
                       std::vector<std::string> targets, std::vector<std::string> points, int max_fractions_per_day) {
             return std::make_shared<RegimenGrammar>(RegimenGrammarConfig{std::move(sites), std::move(modalities),
                                                                          max_phases, std::move(targets),
                                                                          std::move(points), max_fractions_per_day});
           }),
           py::arg("sites"), py::arg("modalities"), py::kw_only(), py::arg("max_phases") = 1,
           py::arg("targets") = std::vector<std::string>{}, py::arg("points") = std::vector<std::string>{},
           py::arg("max_fractions_per_day") = 1);
  m.def("parse", &parse_regimen, py::arg("text"), "Reads what clinicians write; never guesses.");
}

}  // namespace radonc::bindings
