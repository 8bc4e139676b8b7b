#include "common.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/version.hpp"

namespace radonc::bindings {

void bind_core(py::module_& module) {
  module.attr("__version__") = core::version();
  py::register_exception<Error>(module, "Error", PyExc_ValueError).attr("__doc__") =
      "What the user can mend: says what was expected, what came, where, and what to do.";
}

}  // namespace radonc::bindings
