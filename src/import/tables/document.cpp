// Which kind of document it is, and what of it is no table: comments and code.

#include "import/tables/document.hpp"

#include <algorithm>

#include "import/words.hpp"

namespace pcapaudit {
namespace {

// Comments and fenced code as blanks, so that lines keep their numbers.
std::string without_code(std::string_view text, Document& document) {
  std::string out(text);
  const auto blank = [&](std::size_t begin, std::size_t end, const char* what) {
    const std::string_view inside = std::string_view(out).substr(begin, end - begin);
    constexpr std::size_t told = 100;
    if (document.remarks.size() < told && std::count(inside.begin(), inside.end(), '|') > 3) {
      const auto line =
          std::count(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
      document.remarks.push_back({.line = 1 + static_cast<std::uint32_t>(line),
                                  .what = std::string(what) + " holds a table, which is left out",
                                  .hint = {}});
    }
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(begin),
        out.begin() + static_cast<std::ptrdiff_t>(end), [](char c) { return c != '\n'; }, ' ');
  };
  for (std::size_t at = 0; (at = out.find("<!--", at)) != std::string::npos;) {
    const std::size_t end = out.find("-->", at);
    blank(at, end == std::string::npos ? out.size() : end + 3, "a comment");
  }
  std::size_t fence = std::string::npos;
  std::string sign;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = std::min(out.find('\n', at), out.size());
    std::string_view line = std::string_view(out).substr(at, end - at);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const bool is_fence = line.starts_with("```") || line.starts_with("~~~");
    if (fence == std::string::npos && is_fence) {
      fence = at;
      sign = line.substr(0, 3);
    } else if (fence != std::string::npos && line.starts_with(sign)) {
      blank(fence, end, "a code block");
      fence = std::string::npos;
    }
    at = end + 1;
  }
  return out;
}

bool holds(std::string_view text, std::string_view tag) {
  return std::search(text.begin(), text.end(), tag.begin(), tag.end(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
         }) != text.end();
}

// Is one of the lines this, and nothing else?
bool has_line_of(std::string_view text, std::string_view line) {
  for (std::size_t at = 0; (at = text.find(line, at)) != std::string_view::npos;
       at += line.size()) {
    const std::size_t end = text.find_first_not_of(" \t\r", at + line.size());
    const bool ends = end == std::string_view::npos || text[end] == '\n';
    if ((at == 0 || text[at - 1] == '\n') && ends) return true;
  }
  return false;
}

// A directive for tables, or the rule of a grid or simple table.
bool is_rst(std::string_view text) {
  return holds(text, ".. csv-table::") || holds(text, ".. list-table::") || holds(text, "\n+--") ||
         holds(text, "\n==") || text.starts_with("+--") || holds(text, " +--") ||
         holds(text, " ==");
}

// What people try; "" when it may be text.
std::string_view unread_kind(std::string_view bytes) {
  if (bytes.starts_with("%PDF")) return "a PDF";
  if (bytes.starts_with("\xd0\xcf\x11\xe0")) return "an Office document of before 2007";
  if (bytes.starts_with("{\\rtf")) return "a Rich Text document";
  if (bytes.starts_with("\x1f\x8b")) return "a gzip file";
  const bool has_mark = bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
  constexpr std::size_t looked_at = 4096;
  if (!has_mark && bytes.substr(0, looked_at).find('\0') != std::string_view::npos) {
    return "a binary file";
  }
  return {};
}

}  // namespace

std::string tidy(std::string_view text) {
  std::string out;
  bool blank = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const bool no_break = c == 0xc2 && i + 1 < text.size() && text[i + 1] == '\xa0';
    const bool narrow = c == 0xe2 && i + 2 < text.size() && text[i + 1] == '\x80' &&
                        (text[i + 2] == '\xaf' || text[i + 2] == '\x89');
    if (no_break || narrow) i += no_break ? 1 : 2;
    if (c == '\n') {
      while (out.ends_with(' ')) out.pop_back();
      if (!out.empty() && out.back() != '\n') out += '\n';
      blank = false;
    } else if (no_break || narrow || c <= 0x20 || c == 0x7f) {
      blank = true;
    } else {
      if (blank && !out.empty() && out.back() != '\n') out += ' ';
      blank = false;
      out += text[i];
    }
  }
  while (out.ends_with('\n') || out.ends_with(' ')) out.pop_back();
  return out;
}

Document read_document(std::string_view bytes) {
  Document document;
  if (bytes.size() > max_document_bytes) {
    document.remarks.push_back({.line = 1,
                                .what = "the document is larger than 16 MiB and is not read",
                                .hint = "keep the part that holds the port tables"});
    return document;
  }
  if (bytes.starts_with("PK\x03\x04")) {
    read_office_tables(bytes, document);
    return document;
  }
  if (const std::string_view kind = unread_kind(bytes); !kind.empty()) {
    document.remarks.push_back({.line = 1,
                                .what = "this is " + std::string(kind) + ", which is not read",
                                .hint = "save it as Word (.docx), Excel (.xlsx), HTML or CSV"});
    return document;
  }
  std::string was;
  const std::string text = to_utf8(bytes, was);
  if (!was.empty()) {
    document.remarks.push_back({.line = 1,
                                .what = "the document is " + was + ", and was converted",
                                .hint = "look for characters that are \"?\""});
  }
  const bool is_html = holds(text, "<html") || holds(text, "<!doctype html");
  const std::string shown = is_html ? std::string(text) : without_code(text, document);
  if (holds(shown, "<table")) read_html_tables(shown, document);
  if (!is_html) {
    if (has_line_of(shown, "|==="))
      read_asciidoc_tables(shown, document);
    else
      read_markdown_tables(shown, document);
    if (is_rst(shown)) read_rst_tables(shown, document);
  }
  const bool is_list = document.tables.empty() && !is_html;
  if (is_list) read_csv_table(text, document);
  std::stable_sort(document.tables.begin(), document.tables.end(),
                   [](const auto& a, const auto& b) { return a.line < b.line; });
  if (!is_list) remark_prose_ports(shown, document);
  return document;
}

}  // namespace pcapaudit
