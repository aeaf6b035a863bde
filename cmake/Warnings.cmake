# The warnings every target of ours is built with; errors when PCAPAUDIT_WERROR is on.
option(PCAPAUDIT_WERROR "Treat warnings as errors" OFF)

function(pcapaudit_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  if(PCAPAUDIT_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
