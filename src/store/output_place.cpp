// What stands at the place of an output, by its first bytes; see the header.

#include "store/output_place.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "store/schema.hpp"

namespace pcapaudit {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

// A policy has a table or a key before this; a page of any other text is enough to tell.
constexpr std::size_t looked_at = 65'536;
constexpr std::string_view sqlite_magic = "SQLite format 3\0"sv;
constexpr std::size_t application_id_at = 68;  // of an SQLite file's header, big-endian

// pcap (microseconds, nanoseconds, modified, both byte orders), pcapng, snoop; gzip, zstd, xz, lz4.
constexpr std::string_view kept_magics[] = {
    "\xa1\xb2\xc3\xd4"sv, "\xd4\xc3\xb2\xa1"sv, "\xa1\xb2\x3c\x4d"sv, "\x4d\x3c\xb2\xa1"sv,
    "\xa1\xb2\xcd\x34"sv, "\x34\xcd\xb2\xa1"sv, "\x0a\x0d\x0d\x0a"sv, "snoop\0"sv,
    "\x1f\x8b"sv,         "\x28\xb5\x2f\xfd"sv, "\xfd\x37zXZ"sv,      "\x04\x22\x4d\x18"sv};

std::string first_bytes(const std::string& path) {
  std::string bytes(looked_at, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), std::ssize(bytes));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return bytes;
}

bool is_our_database(std::string_view bytes) {
  if (!bytes.starts_with(sqlite_magic) || bytes.size() < application_id_at + 4) return false;
  std::int64_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    id = id * 256 + static_cast<unsigned char>(bytes[application_id_at + i]);
  }
  return id == database_application_id;
}

// A line that is a table's head: "[roles]", "[[flow]]".
bool is_toml_table(std::string_view line) {
  const auto is_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '"' ||
           c == '-';
  };
  const std::size_t open = line.starts_with("[[") ? 2 : line.starts_with('[') ? 1 : 0;
  if (open == 0) return false;
  const std::size_t end = line.find(']');
  if (end == std::string_view::npos || end == open) return false;
  const std::string_view name = line.substr(open, end - open);
  if (!std::all_of(name.begin(), name.end(), is_name)) return false;
  const std::size_t rest = line.find_first_not_of("] \t\r", end);
  return rest == std::string_view::npos || line[rest] == '#';
}

bool has_toml_table(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (is_toml_table(text.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

// What a document must not replace, as words; empty when it may.
std::string_view kept_content(const std::string& path, const std::string& bytes) {
  if (bytes.starts_with(sqlite_magic)) return "a database";
  for (const std::string_view magic : kept_magics) {
    if (bytes.starts_with(magic)) return "a capture or a packed file";
  }
  if (fs::path(path).extension() == ".toml" || has_toml_table(bytes)) return "a TOML file";
  return {};
}

Result<void> refuse(const std::string& path, std::string_view why) {
  return fail(fmt::format("{} is {}, and stays", path, why), "write to another file");
}

}  // namespace

Result<void> check_output(const std::string& path, OutputKind kind, bool replace,
                          std::span<const std::string> read) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return {};
  const auto status = fs::status(path, error);  // of what a link leads to
  if (fs::is_directory(status)) return fail(fmt::format("{} is a directory", path));
  for (const std::string& name : read) {
    if (fs::equivalent(path, name, error)) return refuse(path, "read by this command");
  }
  const bool is_database = kind == OutputKind::database;
  if (is_database && !replace) {
    return fail(fmt::format("{} exists already", path),
                "write to another file with -o, or replace it with --force");
  }
  if (!fs::exists(status)) return {};  // a link that leads nowhere yet
  if (!is_database && (fs::is_fifo(status) || fs::is_character_file(status))) return {};
  if (!fs::is_regular_file(status)) return refuse(path, "no regular file");
  if (fs::file_size(path, error) == 0) return {};
  const std::string bytes = first_bytes(path);
  if (is_database) {
    return is_our_database(bytes) ? Result<void>{} : refuse(path, "no database of pcapaudit");
  }
  const std::string_view content = kept_content(fs::canonical(path, error), bytes);
  return content.empty() ? Result<void>{} : refuse(path, content);
}

}  // namespace pcapaudit
