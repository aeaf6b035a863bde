# pcapaudit_embed(TARGET NAME FILE...) compiles text files into TARGET.
#
# The program sees `std::span<const EmbeddedFile> NAME_files()` (src/base/embedded.hpp), in
# name order. A changed file rebuilds only its generated source.
function(pcapaudit_embed target name)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DOUTPUT=${output} "-DFILES=${ARGN}"
            -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/EmbedScript.cmake
    DEPENDS ${ARGN} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/EmbedScript.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
