# Third-party libraries: the installed package if there is one, else a pinned source.
include(FetchContent)

# radonc_dependency(<package> <target> <git url> <tag>)
macro(radonc_dependency package target url tag)
  find_package(${package} QUIET)
  if(NOT TARGET ${target})
    message(STATUS "${package} is not installed: fetching ${tag}")
    FetchContent_Declare(${package} GIT_REPOSITORY ${url} GIT_TAG ${tag} GIT_SHALLOW ON EXCLUDE_FROM_ALL SYSTEM)
    FetchContent_MakeAvailable(${package})
  endif()
endmacro()

radonc_dependency(fmt fmt::fmt-header-only https://github.com/fmtlib/fmt.git 11.2.0)
# Its headers; src/core/fmt.cpp compiles what they declare.
add_library(radonc_fmt INTERFACE)
target_include_directories(radonc_fmt SYSTEM
  INTERFACE $<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>)
radonc_dependency(nlohmann_json nlohmann_json::nlohmann_json https://github.com/nlohmann/json.git v3.11.3)
radonc_dependency(Eigen3 Eigen3::Eigen https://gitlab.com/libeigen/eigen.git 3.4.0)
if(RADONC_BUILD_TESTS)
  radonc_dependency(doctest doctest::doctest https://github.com/doctest/doctest.git v2.4.11)
endif()

find_package(Threads REQUIRED)  # the bootstrap

# Unicode character classes for the byte-level BPE pre-tokenizers.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PCRE2 QUIET IMPORTED_TARGET libpcre2-8)
endif()
if(TARGET PkgConfig::PCRE2)
  add_library(radonc_pcre2 ALIAS PkgConfig::PCRE2)
else()
  set(PCRE2_BUILD_TESTS OFF CACHE INTERNAL "")
  set(PCRE2_BUILD_PCRE2GREP OFF CACHE INTERNAL "")
  set(PCRE2_SUPPORT_JIT ON CACHE INTERNAL "")
  FetchContent_Declare(pcre2 GIT_REPOSITORY https://github.com/PCRE2Project/pcre2.git GIT_TAG pcre2-10.44
                       GIT_SHALLOW ON EXCLUDE_FROM_ALL SYSTEM)
  FetchContent_MakeAvailable(pcre2)
  add_library(radonc_pcre2 ALIAS pcre2-8-static)
endif()

# Unicode normalisation for the tokenizers that ask for it. Static, since few machines that a wheel goes to have it.
find_library(RADONC_UTF8PROC_LIBRARY libutf8proc.a)
find_path(RADONC_UTF8PROC_INCLUDE_DIR utf8proc.h)
if(RADONC_UTF8PROC_LIBRARY AND RADONC_UTF8PROC_INCLUDE_DIR)
  add_library(radonc_utf8proc STATIC IMPORTED)
  set_target_properties(radonc_utf8proc PROPERTIES IMPORTED_LOCATION ${RADONC_UTF8PROC_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${RADONC_UTF8PROC_INCLUDE_DIR})
else()
  enable_language(C)
  set(UTF8PROC_INSTALL OFF CACHE INTERNAL "")
  FetchContent_Declare(utf8proc GIT_REPOSITORY https://github.com/JuliaStrings/utf8proc.git GIT_TAG v2.11.3
                       GIT_SHALLOW ON EXCLUDE_FROM_ALL SYSTEM)
  FetchContent_MakeAvailable(utf8proc)
  add_library(radonc_utf8proc ALIAS utf8proc)
endif()

# SentencePiece is built static with hidden symbols: a shared one brings a second protobuf beside torch's, and crashes.
# The source is the one in PyPI's source package, which needs no network beyond the package index.
set(RADONC_SENTENCEPIECE_VERSION 0.2.1)
set(RADONC_SENTENCEPIECE_SOURCE "" CACHE PATH "Unpacked SentencePiece source; empty: taken from the package index")
set(RADONC_DOWNLOAD_DIR ${CMAKE_BINARY_DIR}/_deps CACHE PATH "Where that source is kept; build trees may share it")
find_package(Python COMPONENTS Interpreter REQUIRED)
if(NOT RADONC_SENTENCEPIECE_SOURCE)
  set(archive_folder ${RADONC_DOWNLOAD_DIR}/sentencepiece)
  set(RADONC_SENTENCEPIECE_SOURCE ${archive_folder}/sentencepiece-${RADONC_SENTENCEPIECE_VERSION}/sentencepiece)
  if(NOT EXISTS ${RADONC_SENTENCEPIECE_SOURCE}/CMakeLists.txt)
    message(STATUS "Fetching the source of SentencePiece ${RADONC_SENTENCEPIECE_VERSION}")
    execute_process(
      COMMAND ${Python_EXECUTABLE} -m pip download --quiet --no-deps --no-binary :all:
              --dest ${archive_folder} sentencepiece==${RADONC_SENTENCEPIECE_VERSION}
      COMMAND_ERROR_IS_FATAL ANY)
    file(ARCHIVE_EXTRACT INPUT ${archive_folder}/sentencepiece-${RADONC_SENTENCEPIECE_VERSION}.tar.gz
         DESTINATION ${archive_folder})
  endif()
endif()
set(RADONC_SENTENCEPIECE_LIBRARY "" CACHE FILEPATH "Its static library, of another build tree; empty: compiled here")
if(RADONC_SENTENCEPIECE_LIBRARY)
  add_library(sentencepiece-static STATIC IMPORTED)
  set_target_properties(sentencepiece-static PROPERTIES IMPORTED_LOCATION ${RADONC_SENTENCEPIECE_LIBRARY})
else()
  block()
    set(SPM_ENABLE_SHARED OFF)
    set(SPM_ENABLE_TCMALLOC OFF)
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
    set(CMAKE_CXX_FLAGS "${CMAKE_CXX_FLAGS} -w -fvisibility=hidden")
    add_subdirectory(${RADONC_SENTENCEPIECE_SOURCE} ${CMAKE_BINARY_DIR}/_deps/sentencepiece-build EXCLUDE_FROM_ALL
                     SYSTEM)
  endblock()
endif()
