# Imports the libtorch inside an installed torch package, as
#   radonc::libtorch          c10, torch_cpu; what C++ programs link
#   radonc::libtorch_python   adds the tensor casters of the Python bindings
#   radonc::libtorch_cuda     adds c10_cuda and torch_cuda, where the package has them
# torch's own CMake package is not used: it fails on a machine without the CUDA toolkit, and with one it asks for
# architectures that the compiler may not have.
#
# The package is the one of the found Python interpreter, or the folder that RADONC_TORCH_DIR names.
# Sets RADONC_TORCH_VERSION and RADONC_TORCH_LIBRARY_DIR, or RADONC_TORCH_NOT_FOUND to the reason why it could not.

set(RADONC_TORCH_DIR "" CACHE PATH "Folder of the torch package; empty: the one that Python imports")
set(_radonc_torch_dir "${RADONC_TORCH_DIR}")
if(NOT _radonc_torch_dir)
  find_package(Python COMPONENTS Interpreter REQUIRED)
  execute_process(
    COMMAND ${Python_EXECUTABLE} -c
            "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE _radonc_torch_dir OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
if(NOT EXISTS "${_radonc_torch_dir}/include/torch/csrc/api/include/torch/torch.h")
  string(CONCAT RADONC_TORCH_NOT_FOUND
    "radonc needs the torch package (2.11 to 2.15), and found none for ${Python_EXECUTABLE}. "
    "Install it with `pip install torch`, or name its folder with -DRADONC_TORCH_DIR=…")
  return()
endif()
unset(RADONC_TORCH_NOT_FOUND)
file(STRINGS "${_radonc_torch_dir}/version.py" _radonc_version_line REGEX "^__version__")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" RADONC_TORCH_VERSION "${_radonc_version_line}")
if(RADONC_TORCH_VERSION VERSION_LESS 2.11 OR RADONC_TORCH_VERSION VERSION_GREATER_EQUAL 2.16)
  message(WARNING "torch ${RADONC_TORCH_VERSION} is outside 2.11 to 2.15, with which radonc is tested")
endif()
set(RADONC_TORCH_LIBRARY_DIR "${_radonc_torch_dir}/lib")

function(_radonc_import_torch)
  find_package(Threads REQUIRED)
  set(lib "${RADONC_TORCH_LIBRARY_DIR}")
  set(root "${RADONC_TORCH_LIBRARY_DIR}/..")
  foreach(name c10 torch_cpu torch_python c10_cuda torch_cuda)
    if(EXISTS "${lib}/lib${name}.so" AND NOT TARGET radonc::imported_${name})
      add_library(radonc::imported_${name} SHARED IMPORTED GLOBAL)
      set_target_properties(radonc::imported_${name} PROPERTIES IMPORTED_LOCATION "${lib}/lib${name}.so")
    endif()
  endforeach()
  if(TARGET radonc::libtorch)
    return()
  endif()
  add_library(radonc::libtorch INTERFACE IMPORTED GLOBAL)
  set_target_properties(radonc::libtorch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${root}/include;${root}/include/torch/csrc/api/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${root}/include;${root}/include/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES "radonc::imported_torch_cpu;radonc::imported_c10;Threads::Threads"
    # libtorch_cpu of a CUDA build names symbols of NVIDIA's packages, which are loaded from beside it at run time.
    INTERFACE_LINK_OPTIONS "-Wl,--allow-shlib-undefined;-Wl,-rpath-link,${lib}")
  add_library(radonc::libtorch_python INTERFACE IMPORTED GLOBAL)
  set_target_properties(radonc::libtorch_python PROPERTIES
    INTERFACE_LINK_LIBRARIES "radonc::libtorch;radonc::imported_torch_python")
  if(TARGET radonc::imported_torch_cuda)
    add_library(radonc::libtorch_cuda INTERFACE IMPORTED GLOBAL)
    set_target_properties(radonc::libtorch_cuda PROPERTIES
      INTERFACE_LINK_LIBRARIES "radonc::libtorch;radonc::imported_torch_cuda;radonc::imported_c10_cuda")
  endif()
endfunction()
_radonc_import_torch()
