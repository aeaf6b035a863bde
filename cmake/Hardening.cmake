# Optimised builds turn faults of memory into an end of the program. Off under sanitizers, which see more.
option(PCAPAUDIT_HARDENING "Position independent, read-only after loading, checked at run time" ON)
if(NOT PCAPAUDIT_HARDENING)
  return()
endif()

set(optimised $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
add_compile_options(
  "$<${optimised}:-fPIE;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3;-D_GLIBCXX_ASSERTIONS;-fstack-protector-strong;-fstack-clash-protection>")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
  add_compile_options("$<${optimised}:-fcf-protection>")
endif()
add_link_options("$<${optimised}:-pie;-Wl,-z,relro,-z,now,-z,noexecstack>")
