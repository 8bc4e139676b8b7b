#include "common.hpp"
#include "radonc/data/cohort.hpp"
#include "radonc/data/course.hpp"
#include "radonc/data/details.hpp"
#include "radonc/data/read_cases.hpp"
#include "radonc/data/split.hpp"

namespace radonc::bindings {

void bind_data(py::module_& module) {
  using namespace data;
  auto m = module.def_submodule("data");

  py::class_<Course> course(m, "Course", "One radiation course, as recorded; an empty string is a missing value.");
  course.def_readwrite("intent", &Course::intent)
      .def_readwrite("intent_notes", &Course::intent_notes)
      .def_readwrite("modality", &Course::modality)
      .def_readwrite("technique", &Course::technique)
      .def_readwrite("dose", &Course::dose)
      .def_readwrite("dose_unit", &Course::dose_unit)
      .def_readwrite("fractions", &Course::fractions)
      .def_readwrite("target_site", &Course::target_site)
      .def_readwrite("course_number", &Course::course_number)
      .def_readwrite("start_day", &Course::start_day, "days from diagnosis")
      .def_readwrite("end_day", &Course::end_day, "days from diagnosis")
      .def_readwrite("ongoing", &Course::ongoing);
  init_by_keywords<Course>(course);

  py::class_<CaseRecord> record(m, "CaseRecord", "One case, as recorded; an empty string is a missing value.");
  record.def_readwrite("case_id", &CaseRecord::case_id)
      .def_readwrite("patient_id", &CaseRecord::patient_id)
      .def_readwrite("source", &CaseRecord::source)
      .def_readwrite("institution", &CaseRecord::institution)
      .def_readwrite("dx_year", &CaseRecord::dx_year)
      .def_readwrite("age", &CaseRecord::age)
      .def_readwrite("sex", &CaseRecord::sex)
      .def_readwrite("race", &CaseRecord::race, "for audits of fairness; never in a prompt")
      .def_readwrite("primary_site", &CaseRecord::primary_site)
      .def_readwrite("subsite", &CaseRecord::subsite)
      .def_readwrite("laterality", &CaseRecord::laterality)
      .def_readwrite("histology", &CaseRecord::histology)
      .def_readwrite("icd_o_3_histology", &CaseRecord::icd_o_3_histology)
      .def_readwrite("icd_o_3_site", &CaseRecord::icd_o_3_site, "never in a prompt")
      .def_readwrite("grade", &CaseRecord::grade)
      .def_readwrite("stage", &CaseRecord::stage)
      .def_readwrite("biomarkers", &CaseRecord::biomarkers)
      .def_readwrite("other", &CaseRecord::other)
      .def_readwrite("surgery", &CaseRecord::surgery)
      .def_readwrite("radiation_flag", &CaseRecord::radiation_flag)
      .def_readwrite("courses", &CaseRecord::courses)
      .def_readwrite("icd10", &CaseRecord::icd10)
      .def(
          "to_json", [](const CaseRecord& self) { return to_json(self); }, "One line of a JSONL file.");
  init_by_keywords<CaseRecord>(record);

  py::class_<FlowStep>(m, "FlowStep")
      .def_readonly("rule", &FlowStep::rule)
      .def_readonly("dropped", &FlowStep::dropped)
      .def_readonly("left", &FlowStep::left);
  py::class_<CohortFlow>(m, "CohortFlow", "How many cases fell at which rule.")
      .def_readonly("records", &CohortFlow::records)
      .def_readonly("steps", &CohortFlow::steps)
      .def("__str__", &CohortFlow::to_text);
  py::class_<Cohort>(m, "Cohort").def_readonly("cases", &Cohort::cases).def_readonly("flow", &Cohort::flow);
  py::class_<Split>(m, "Split")
      .def_readonly("train", &Split::train)
      .def_readonly("validation", &Split::validation)
      .def_readonly("test", &Split::test)
      .def_readonly("num_duplicate_details", &Split::num_duplicate_details);

  m.def("read_cases", &read_cases, py::arg("path"), ReleaseGil(),
        "Records from a JSONL file. Raises radonc.Error naming file, line and case_id.");
  m.def("select_cohort", &select_cohort, py::arg("cases"),
        "Keeps patients with one diagnostic record and one clearly identifiable course.");
  m.def(
      "split_by_patient",
      [](const std::vector<CaseRecord>& cases, std::size_t num_test, std::size_t num_validation, std::uint64_t seed) {
        return split_by_patient(cases, {.num_validation = num_validation, .num_test = num_test, .seed = seed});
      },
      py::arg("cases"), py::kw_only(), py::arg("num_test") = 200, py::arg("num_validation") = 0, py::arg("seed") = 0,
      "Training, validation and test parts; no patient is in two of them.");
  m.def("diagnostic_details", &diagnostic_details, py::arg("record"), "All that a model is told of a case.");
}

}  // namespace radonc::bindings
