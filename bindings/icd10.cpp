#include "radonc/clinical/icd10.hpp"

#include "common.hpp"
#include "radonc/clinical/icd_o3.hpp"

namespace radonc::bindings {

void bind_icd10(py::module_& module) {
  using namespace clinical;
  auto m = module.def_submodule("icd10");
  m.def("edition", &icd10_edition, "The edition of the list, e.g. \"ICD-10-CM, April 2026\".");
  m.def("normalize", &normalize_icd10, py::arg("code"), "\"c509\" → \"C50.9\"; None if it is not of that form.");
  m.def("is_well_formed", &icd10_is_well_formed, py::arg("code"), "Whether it has a code's form, in the list or not.");
  m.def("exists", &icd10_exists, py::arg("code"), "Whether the list has the code.");
  m.def("is_leaf", &icd10_is_leaf, py::arg("code"), "Whether the code is complete: in the list, with none below it.");
  m.def("description", &icd10_description, py::arg("code"), "Of a code, a block (\"C00-C14\") or a chapter (\"2\").");
  m.def("parent", &icd10_parent, py::arg("code"));
  m.def("ancestors", &icd10_ancestors, py::arg("code"), "Nearest first; the last are category, block and chapter.");
  m.def("children", &icd10_children, py::arg("code"));
  const auto pair = [](const std::optional<Icd10Group>& group) {
    return group ? std::optional(std::pair(group->id, group->description)) : std::nullopt;
  };
  m.def(
      "chapter", [pair](const std::string& code) { return pair(icd10_chapter(code)); }, py::arg("code"),
      "(id, description)");
  m.def(
      "block", [pair](const std::string& code) { return pair(icd10_block(code)); }, py::arg("code"),
      "(id, description)");
  m.def(
      "codes",
      [](const std::string& chapter_or_prefix, bool leaves) {
        return icd10_codes(chapter_or_prefix, leaves ? Icd10Codes::kLeaves : Icd10Codes::kAll);
      },
      py::arg("chapter_or_prefix"), py::kw_only(), py::arg("leaves") = false,
      "Codes of a chapter (\"2\"), a block (\"C00-C14\") or a prefix (\"C50\"), in the list's order.");
  m.def("nearest", &nearest_icd10, py::arg("code"), py::arg("k") = 5, "The k valid codes nearest to a wrong one.");
  m.def("from_icd_o_3", &icd10_of_icd_o3, py::arg("topography"), py::arg("morphology"),
        "The ICD-10-CM code of a primary malignant tumour, where it is one to one; else None.");

  py::class_<Malignancy>(m, "Malignancy", "What a list of codes says about the malignancy.")
      .def_readonly("code", &Malignancy::code)
      .def_readonly("is_secondary", &Malignancy::is_secondary, "only metastases are named")
      .def_readonly("only_radiation_encounter", &Malignancy::only_radiation_encounter, "Z51.0 is all there is");
  m.def("primary_malignancy", &primary_malignancy, py::arg("codes"),
        "The malignancy in a list of codes, of which the first may be Z51.0.");
}

}  // namespace radonc::bindings
