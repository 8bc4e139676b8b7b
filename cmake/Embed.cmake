# Text files of the source tree as constants of a C++ header.

# radonc_embed(<header> <namespace> <file>…): page.html becomes the std::string_view page_html. The header changes only
# when a file does.
function(radonc_embed header namespace)
  set(text "// Written by CMake from src/review/page.\n#pragma once\n\n#include <string_view>\n\n")
  string(APPEND text "namespace ${namespace} {\n\n")
  foreach(file IN LISTS ARGN)
    file(READ ${file} content)
    cmake_path(GET file FILENAME name)
    string(MAKE_C_IDENTIFIER "${name}" name)
    string(APPEND text "inline constexpr std::string_view ${name} = R\"radonc(${content})radonc\";\n\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  string(APPEND text "}  // namespace ${namespace}\n")
  set(old "")
  if(EXISTS ${header})
    file(READ ${header} old)
  endif()
  if(NOT text STREQUAL old)
    file(WRITE ${header} "${text}")
  endif()
endfunction()
