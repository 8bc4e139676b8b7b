# The two libraries. Sources are found by layer; a layer's folder name is its namespace.
include(cmake/Embed.cmake)

function(radonc_sources out)
  set(files)
  foreach(layer IN LISTS ARGN)
    file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${layer}/*.cpp
                                      ${PROJECT_SOURCE_DIR}/src/${layer}/*/*.cpp)
    list(APPEND files ${found})
  endforeach()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

function(radonc_configure_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  # What is no part of a public header (RADONC_API marks what is) stays inside.
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden CUDA_VISIBILITY_PRESET hidden
                                             VISIBILITY_INLINES_HIDDEN ON)
  # Its own calls meet its own code, not what a program compiled of the same templates.
  target_link_options(${target} PRIVATE $<$<PLATFORM_ID:Linux>:-Wl,-Bsymbolic-functions>)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                              $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wno-missing-field-initializers
      $<$<BOOL:${RADONC_WERROR}>:-Werror>>)
endfunction()

# radonc::base: records, pairs, tokens, scores, statistics, reports. No torch on its include path.
function(radonc_add_base)
  radonc_sources(sources core formats clinical data text metrics stats tasks evaluation report review)
  file(GLOB review_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/review/page/*)
  radonc_embed(${PROJECT_BINARY_DIR}/generated/review/review_files.hpp radonc::review::review_files ${review_files})
  add_library(radonc_base SHARED ${sources})
  add_library(radonc::base ALIAS radonc_base)
  radonc_configure_target(radonc_base)
  target_link_libraries(radonc_base PRIVATE
    $<BUILD_INTERFACE:sentencepiece-static> $<BUILD_INTERFACE:radonc_pcre2> $<BUILD_INTERFACE:radonc_utf8proc>
    $<BUILD_INTERFACE:radonc_fmt> $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>
    $<BUILD_INTERFACE:Eigen3::Eigen> $<BUILD_INTERFACE:Threads::Threads>)
  target_include_directories(radonc_base PRIVATE ${PROJECT_BINARY_DIR}/generated)
  target_include_directories(radonc_base SYSTEM PRIVATE ${RADONC_SENTENCEPIECE_SOURCE}/src)
  target_link_options(radonc_base PRIVATE -Wl,--exclude-libs,ALL)  # hides SentencePiece's protobuf, and utf8proc
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/core/version.cpp PROPERTIES
                              COMPILE_DEFINITIONS RADONC_VERSION="${PROJECT_VERSION}")
  set_target_properties(radonc_base PROPERTIES EXPORT_NAME base VERSION ${PROJECT_VERSION}
                        INSTALL_RPATH "$ORIGIN")
endfunction()

# radonc::radonc: everything that needs torch.
function(radonc_add_radonc)
  radonc_sources(sources batch ops model lora train generate study)
  file(GLOB cpu_kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/kernels/cpu/*.cpp
                                          ${PROJECT_SOURCE_DIR}/src/kernels/composed/*.cpp)
  # Private functions that both libraries call. Also, torch brings another fmt than the one of radonc_base.
  set(shared_sources ${PROJECT_SOURCE_DIR}/src/core/file_text.cpp ${PROJECT_SOURCE_DIR}/src/core/fmt.cpp)
  add_library(radonc SHARED ${sources} ${cpu_kernels} ${shared_sources})
  add_library(radonc::radonc ALIAS radonc)
  radonc_configure_target(radonc)
  target_link_libraries(radonc PUBLIC radonc_base radonc::libtorch
                        PRIVATE $<BUILD_INTERFACE:radonc_fmt>
                                $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>)
  # torch's at::parallel_for is a serial loop without it. Named as an option, so that torch's own libgomp serves.
  target_compile_options(radonc PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp>)
  target_link_options(radonc PRIVATE -fopenmp)
  target_precompile_headers(radonc PRIVATE ${PROJECT_SOURCE_DIR}/src/core/torch_pch.hpp)
  set_source_files_properties(${cpu_kernels} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  # A square root that may set errno is not vectorised.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/kernels/cpu/adamw.cpp PROPERTIES COMPILE_OPTIONS -fno-math-errno)
  set_target_properties(radonc PROPERTIES EXPORT_NAME radonc VERSION ${PROJECT_VERSION}
                        INSTALL_RPATH "$ORIGIN;$ORIGIN/../torch/lib;${RADONC_TORCH_LIBRARY_DIR}")
  if(NOT RADONC_CUDA)  # else the CUDA runtime is the one that torch loads
    target_link_options(radonc PRIVATE $<$<PLATFORM_ID:Linux>:-Wl,-z,defs>)
  endif()
  if(RADONC_CUDA)
    file(GLOB cuda_kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/kernels/cuda/*.cu
                                             ${PROJECT_SOURCE_DIR}/src/kernels/cuda/*.cpp)
    target_sources(radonc PRIVATE ${cuda_kernels})
    target_include_directories(radonc SYSTEM PRIVATE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
    target_compile_options(radonc PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra
      $<$<BOOL:${RADONC_WERROR}>:-Werror=all-warnings>>)
    set_target_properties(radonc PROPERTIES CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON
                          CUDA_RUNTIME_LIBRARY None)
    target_link_libraries(radonc PRIVATE radonc::libtorch_cuda)
  endif()
endfunction()
