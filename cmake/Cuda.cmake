# CUDA kernels are built where there is a compiler for them and torch was built for CUDA, and left out elsewhere.
include(CheckLanguage)

set(RADONC_CUDA OFF)
if(TARGET radonc::libtorch_cuda)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    if(NOT CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES "80;90a-real")  # newer ones compile what is left for 8.0 as they load it
    endif()
    enable_language(CUDA)
    set(RADONC_CUDA ON)
  endif()
endif()
message(STATUS "CUDA kernels: ${RADONC_CUDA}")
