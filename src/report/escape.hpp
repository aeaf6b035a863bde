// Hostile text made harmless for the place where it is shown.
#pragma once

#include <string>
#include <string_view>

namespace pcapaudit {

// In a JSON text: characters that change the direction of writing or cannot be seen, written as
// JSON escapes. The value stays the same.
std::string json_escaped(std::string_view json);

// For Markdown prose: words that could mean anything to a Markdown reader are code spans.
std::string markdown(std::string_view text);
// For Markdown: all of it in one code span; nothing for an empty text.
std::string markdown_code(std::string_view text);

}  // namespace pcapaudit
