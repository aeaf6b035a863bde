// HTML through libxml2.
#include <algorithm>
#include <charconv>
#include <utility>

#include <libxml/HTMLparser.h>

#include "import/tables/document.hpp"
#include "import/tables/xml_text.hpp"
#include "import/words.hpp"

namespace pcapaudit {
namespace {

XmlTree parse(const std::string& html) {
  constexpr int options = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                          HTML_PARSE_NONET | HTML_PARSE_COMPACT;
  return XmlTree(
      htmlReadMemory(html.data(), static_cast<int>(html.size()), nullptr, "UTF-8", options));
}

// "1", "(2)", "[3]", "*", "a": where a footnote hangs.
bool is_mark(std::string_view text) {
  std::string bare;
  for (const char c : text) {
    if (std::string_view(" []()*,\n").find(c) == std::string_view::npos) bare += c;
  }
  return bare.size() <= 2 && bare.find_first_of(".-/") == std::string::npos;
}

void add_text(const xmlNode* first, int depth, std::string& out);

void add_element(const xmlNode* node, int depth, std::string& out) {
  const std::string_view name = name_of(node);
  if (is_one_of(name, {"del", "s", "strike", "script", "style", "table"})) return;
  const bool is_block = is_one_of(name, {"p", "div", "li", "ul", "ol", "dd", "dt", "tr"});
  if (name == "br" || is_block) out += '\n';
  std::string inside;
  add_text(node->children, depth + 1, inside);
  const bool is_note = name == "sup" || (name == "a" && attribute(node, "href").starts_with('#'));
  const std::string shown = tidy(inside);
  if (is_note && (is_mark(shown) || fold(shown).starts_with("note "))) return;
  out += inside;
  if (is_block) out += '\n';
}

void add_text(const xmlNode* first, int depth, std::string& out) {
  if (depth > max_depth) return;
  for (const xmlNode* it = first; it != nullptr; it = it->next) {
    if ((it->type == XML_TEXT_NODE || it->type == XML_CDATA_SECTION_NODE) &&
        it->content != nullptr) {
      for (const char* at = reinterpret_cast<const char*>(it->content); *at != '\0'; ++at) {
        out += *at == '\n' ? ' ' : *at;
      }
    } else if (it->type == XML_ELEMENT_NODE) {
      add_element(it, depth, out);
    }
  }
}

std::size_t span_of(const xmlNode* cell, const char* name) {
  const std::string text = attribute(cell, name);
  std::size_t span = 1;
  std::from_chars(text.data(), text.data() + text.size(), span);
  return std::clamp<std::size_t>(span, 1, max_cells);
}

// The rows of one table: merged cells stand in each place that they cover.
class Grid {
 public:
  explicit Grid(DocumentTable& table) : table_(table) {}

  void add_row(const xmlNode* tr) {
    TableRow row{.line = static_cast<std::uint32_t>(std::max(xmlGetLineNo(tr), 0L)), .cells = {}};
    for (const xmlNode* cell = tr->children; cell != nullptr; cell = cell->next) {
      if (!is_one_of(name_of(cell), {"td", "th"})) continue;
      take_from_above(row);
      std::string text;
      add_text(cell->children, 0, text);
      text = tidy(text);
      const std::size_t rows = span_of(cell, "rowspan");
      for (std::size_t i = 0; i < span_of(cell, "colspan") && row.cells.size() < max_cells; ++i) {
        hold(row.cells.size(), rows - 1, text);
        row.cells.push_back({.text = text});
      }
    }
    take_from_above(row);
    if (!row.cells.empty()) table_.rows.push_back(std::move(row));
  }

 private:
  struct Held {
    std::size_t rows = 0;
    std::string text;
  };

  void hold(std::size_t column, std::size_t rows, const std::string& text) {
    if (held_.size() <= column) held_.resize(column + 1);
    held_[column] = {.rows = rows, .text = text};
  }

  void take_from_above(TableRow& row) {
    while (row.cells.size() < held_.size() && held_[row.cells.size()].rows > 0) {
      Held& held = held_[row.cells.size()];
      --held.rows;
      row.cells.push_back({.text = held.text, .from_above = true});
    }
  }

  DocumentTable& table_;
  std::vector<Held> held_;  // by column: what reaches down
};

class Walker {
 public:
  explicit Walker(Document& document) : document_(document) {}

  void walk(const xmlNode* first, int depth) {
    if (depth > max_depth) return;
    for (const xmlNode* it = first; it != nullptr; it = it->next) {
      const std::string_view name = name_of(it);
      if (is_one_of(name, {"h1", "h2", "h3", "h4", "h5", "h6"})) {
        heading_ = text_of(it);
      } else if (name == "table") {
        take_table(it, depth);
      } else if (!name.empty()) {
        walk(it->children, depth + 1);
      }
    }
  }

 private:
  static std::string text_of(const xmlNode* node) {
    std::string text;
    add_text(node->children, 0, text);
    return tidy(text);
  }

  void take_table(const xmlNode* node, int depth) {
    if (document_.tables.size() >= max_tables) return;
    DocumentTable table{.line = static_cast<std::uint32_t>(std::max(xmlGetLineNo(node), 0L)),
                        .title = heading_,
                        .rows = {}};
    Grid grid(table);
    take_rows(node->children, depth, grid, table);
    document_.tables.push_back(std::move(table));
    for (const xmlNode* inner : std::exchange(inner_, {})) walk(inner, depth + 1);
  }

  // Rows of this table; of tables inside its cells the first nodes are kept for later.
  void take_rows(const xmlNode* first, int depth, Grid& grid, DocumentTable& table) {
    for (const xmlNode* it = first; it != nullptr && depth < max_depth; it = it->next) {
      const std::string_view name = name_of(it);
      if (name == "caption") table.title = text_of(it);
      if (is_one_of(name, {"thead", "tbody", "tfoot"})) {
        take_rows(it->children, depth + 1, grid, table);
      } else if (name == "tr" && table.rows.size() < max_table_rows) {
        grid.add_row(it);
        for (const xmlNode* cell = it->children; cell != nullptr; cell = cell->next) {
          if (cell->type == XML_ELEMENT_NODE && cell->children != nullptr) {
            inner_.push_back(cell->children);
          }
        }
      }
    }
  }

  Document& document_;
  std::string heading_;
  std::vector<const xmlNode*> inner_;
};

}  // namespace

std::string text_of_html(const std::string& piece) {
  const XmlTree tree = parse("<div>" + piece + "</div>");
  std::string text;
  if (tree) add_text(xmlDocGetRootElement(tree.get()), 0, text);
  return tidy(text);
}

void read_html_tables(std::string_view html, Document& document) {
  // Written by people for a line break; browsers take it for one.
  std::string text;
  for (std::size_t at = 0; at < html.size();) {
    const std::size_t next = std::min(html.find("</br>", at), html.size());
    text += html.substr(at, next - at);
    if (next < html.size()) text += "<br/>";
    at = std::min(next + 5, html.size());
  }
  const XmlTree tree = parse(text);
  if (!tree) return;
  const std::size_t before = document.tables.size();
  Walker(document).walk(xmlDocGetRootElement(tree.get()), 0);
  if (document.tables.size() - before >= max_tables) {
    document.remarks.push_back(
        {.line = 1, .what = "more than 1000 tables", .hint = "split the file"});
  }
}

}  // namespace pcapaudit
