#include "common.hpp"
#include "radonc/report/html.hpp"
#include "radonc/report/table_files.hpp"
#include "radonc/report/terminal_table.hpp"

namespace radonc::bindings {

void bind_report(py::module_& module) {
  using namespace report;
  auto m = module.def_submodule("report");

  m.def("terminal_table", &terminal_table, py::arg("result"));
  m.def("render_html", &render_html, py::arg("result"));
  m.def("csv_tables", &csv_tables, py::arg("result"),
        "[(\"main.csv\", text), …], RFC 4180, numbers in full precision.");
  m.def("latex_tables", &latex_tables, py::arg("result"), "For the packages booktabs and longtable.");
  m.def("write_tables", &write_tables, py::arg("result"), py::arg("folder"),
        "Writes every CSV table and tables.tex into the folder.");
}

}  // namespace radonc::bindings
