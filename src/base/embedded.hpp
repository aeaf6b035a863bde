// Text files compiled into the program (see cmake/Embed.cmake), in name order.
#pragma once

#include <span>
#include <string_view>

namespace pcapaudit {

struct EmbeddedFile {
  std::string_view name, text;
};

std::span<const EmbeddedFile> schema_files();  // schema/*.sql
std::span<const EmbeddedFile> packs_files();   // packs/*.toml
std::span<const EmbeddedFile> report_files();  // src/report/report.css and report.js

}  // namespace pcapaudit
