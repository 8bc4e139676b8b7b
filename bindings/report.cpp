#include "common.hpp"
#include "radonc/core/file.hpp"
#include "radonc/report/html.hpp"
#include "radonc/report/study_result.hpp"
#include "radonc/report/table.hpp"

namespace radonc::bindings {

void bind_report(py::module_& module) {
  using namespace report;
  auto m = module.def_submodule("report");

  py::class_<StudyResult>(m, "StudyResult", "What a study found; prints as the study's table.")
      .def_static("from_json", &study_result_from_json, py::arg("text"), "Reads study.json.")
      .def("to_json", [](const StudyResult& self) { return to_json(self); })
      .def("to_html", &render_html, "One self-contained page.")
      .def_readonly("wall_seconds", &StudyResult::wall_seconds)
      .def_readonly("peak_memory_bytes", &StudyResult::peak_memory_bytes)
      .def("__str__", &terminal_table)
      .def("_repr_html_", [](const StudyResult& self) {
        py::object escape = py::module_::import("html").attr("escape");
        return "<pre>" + escape(terminal_table(self)).cast<std::string>() + "</pre>";
      });
  m.def("terminal_table", &terminal_table, py::arg("result"));
  m.def("render_html", &render_html, py::arg("result"));
}

}  // namespace radonc::bindings
