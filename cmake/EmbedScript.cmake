# Build-time half of pcapaudit_embed: writes one .cpp with a raw string for each file.
set(entries "")
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  if(text MATCHES "\\)_pcapaudit_\"")
    message(FATAL_ERROR "${file}: holds the raw-string terminator")
  endif()
  get_filename_component(base ${file} NAME)
  # Compilers cap the length of one literal, so a long file is cut into pieces.
  set(literal "")
  string(LENGTH "${text}" length)
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(APPEND literal "R\"_pcapaudit_(${piece})_pcapaudit_\"\n")
    math(EXPR at "${at} + 8000")
  endwhile()
  string(APPEND entries "    {.name = \"${base}\", .text = ${literal}},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"base/embedded.hpp\"

namespace pcapaudit {
std::span<const EmbeddedFile> ${NAME}_files() {
  static constexpr EmbeddedFile files[] = {
${entries}  };
  return files;
}
}  // namespace pcapaudit
")
