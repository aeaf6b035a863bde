// Tables out of documents: HTML, Markdown, reStructuredText, AsciiDoc, CSV (RFC 4180, any
// separator), Word and Excel (ECMA-376). Deterministic; hostile documents are bounded, and what is
// beyond a bound is remarked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pcapaudit {

struct DocumentCell {
  std::string text;         // plain, blanks joined; '\n' between paragraphs, items and lines
  bool from_above = false;  // of a cell that began in a row above (rowspan)
};
struct TableRow {
  std::uint32_t line = 0;  // where it begins, from 1
  std::vector<DocumentCell> cells;

  const std::string& text(std::size_t column) const {
    static const std::string none;
    return column < cells.size() ? cells[column].text : none;
  }
};
struct DocumentTable {
  std::uint32_t line = 0;
  std::string title;  // its caption, or the heading above it
  std::vector<TableRow> rows;
};
struct DocumentRemark {
  std::uint32_t line = 0;
  std::string what, hint;
};
struct Document {
  std::vector<DocumentTable> tables;  // in the order of their lines
  std::vector<DocumentRemark> remarks;
  std::size_t prose = 0;  // of the remarks, those about sentences
};

// Word and Excel have no lines: rows are counted through the document, in Excel as the sheet does.

// Far above any page; a table of a hundred thousand rows is no documentation.
constexpr std::size_t max_document_bytes = std::size_t{16} << 20;
constexpr std::size_t max_tables = 1000, max_table_rows = 100'000, max_cells = 64;

// `bytes`: the whole file.
Document read_document(std::string_view bytes);

// The parts of it.
void read_html_tables(std::string_view html, Document& document);
void read_markdown_tables(std::string_view text, Document& document);
void read_csv_table(std::string_view text, Document& document);
void read_rst_tables(std::string_view text, Document& document);
void read_asciidoc_tables(std::string_view text, Document& document);
// Lines outside of the tables that were read, where ports are spoken of.
void remark_prose_ports(std::string_view text, Document& document);
void read_office_tables(std::string_view bytes, Document& document);

// The text of a piece of HTML, as it is shown: what is struck out, comments and the marks of
// footnotes are not in it.
std::string text_of_html(const std::string& piece);
// Blanks joined, also no-break ones; lines kept, empty ones not.
std::string tidy(std::string_view text);

}  // namespace pcapaudit
