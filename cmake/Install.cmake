# `cmake --install`: the program and its page (component program); the library, its public headers
# and what find_package(pcapaudit) and pkg-config read (component development).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/pcapaudit)

install(TARGETS pcapaudit RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(TARGETS pcapaudit-documents RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/pcapaudit COMPONENT program)
install(FILES packaging/pcapaudit.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

set_target_properties(pcapaudit_core PROPERTIES OUTPUT_NAME pcapaudit EXPORT_NAME pcapaudit)
install(TARGETS pcapaudit_core EXPORT pcapaudit
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY include/pcapaudit DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
        FILES_MATCHING PATTERN "*.hpp")

install(EXPORT pcapaudit NAMESPACE pcapaudit:: FILE pcapauditTargets.cmake
        DESTINATION ${config_folder} COMPONENT development)
configure_package_config_file(cmake/pcapauditConfig.cmake.in
                              ${CMAKE_CURRENT_BINARY_DIR}/pcapauditConfig.cmake
                              INSTALL_DESTINATION ${config_folder}
                              NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/pcapauditConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
# Found from where the file lies, so that a prefix can be moved.
file(RELATIVE_PATH PCAPAUDIT_PC_PREFIX
     /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" PCAPAUDIT_PC_PREFIX ${PCAPAUDIT_PC_PREFIX})
configure_file(cmake/pcapaudit.pc.in ${CMAKE_CURRENT_BINARY_DIR}/pcapaudit.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pcapauditConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/pcapauditConfigVersion.cmake
        DESTINATION ${config_folder} COMPONENT development)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pcapaudit.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
