# Installs the libraries, the headers and the CMake package.
include(CMakePackageConfigHelpers)

set(radonc_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/radonc)
if(SKBUILD)
  set(radonc_namelink NAMELINK_SKIP)  # a wheel has no symbolic links
endif()

# radonc_install(<target> <export> <layer>…)
function(radonc_install target export)
  install(TARGETS ${target} EXPORT ${export} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ${radonc_namelink})
  install(EXPORT ${export} NAMESPACE radonc:: DESTINATION ${radonc_package_dir})
  foreach(layer IN LISTS ARGN)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/radonc/${layer}
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/radonc FILES_MATCHING PATTERN "*.hpp")
  endforeach()
endfunction()

radonc_install(radonc_base radoncBaseTargets core formats clinical data text metrics stats tasks evaluation report review)
if(RADONC_WITH_TORCH)
  radonc_install(radonc radoncTargets batch ops model lora train generate study)
  install(FILES ${PROJECT_SOURCE_DIR}/include/radonc/radonc.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/radonc)
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/Libtorch.cmake DESTINATION ${radonc_package_dir})
  if(SKBUILD)  # torch lies beside the package, wherever that is installed
    set_target_properties(radonc PROPERTIES INSTALL_RPATH "$ORIGIN;$ORIGIN/../../torch/lib")
  endif()
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/radoncConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/radoncConfig.cmake INSTALL_DESTINATION ${radonc_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/radoncConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/radoncConfig.cmake ${PROJECT_BINARY_DIR}/radoncConfigVersion.cmake
        DESTINATION ${radonc_package_dir})
