// Word and Excel documents: zip files of XML (ECMA-376), through libzip and libxml2. Entities of
// the documents are never resolved, and nothing outside of the file is read.
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <libxml/parser.h>
#include <zip.h>

#include "import/tables/document.hpp"
#include "import/tables/xml_text.hpp"

namespace pcapaudit {
namespace {

// Of one part, unpacked. A sheet of 100,000 rows has some 30 MB.
constexpr zip_uint64_t max_part = zip_uint64_t{48} << 20;

class Package {
 public:
  explicit Package(std::string_view bytes) {
    zip_source_t* source = ::zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr);
    if (source == nullptr) return;
    archive_.reset(::zip_open_from_source(source, ZIP_RDONLY, nullptr));
    if (!archive_) ::zip_source_free(source);
  }

  bool has(const char* name) const {
    return archive_ && ::zip_name_locate(archive_.get(), name, 0) >= 0;
  }

  // nullptr when there is no such part, or when it is not what it should be; `refused` says why.
  XmlTree part(const std::string& name, std::string& refused) const {
    if (!has(name.c_str())) return nullptr;
    zip_stat_t facts;
    const bool is_told = ::zip_stat(archive_.get(), name.c_str(), 0, &facts) == 0;
    if (is_told && (facts.valid & ZIP_STAT_SIZE) != 0 && facts.size > max_part) {
      refused = name + " unpacks to more than 48 MiB";
      return nullptr;
    }
    const std::unique_ptr<zip_file_t, Close> file(::zip_fopen(archive_.get(), name.c_str(), 0));
    if (!file) {
      refused = name + " cannot be unpacked";
      return nullptr;
    }
    std::string text;
    std::string buffer(std::size_t{1} << 16, '\0');
    for (zip_int64_t count = 0;
         (count = ::zip_fread(file.get(), buffer.data(), buffer.size())) > 0;) {
      text.append(buffer, 0, static_cast<std::size_t>(count));
      if (text.size() > max_part) {
        refused = name + " unpacks to more than 48 MiB";
        return nullptr;
      }
    }
    XmlTree tree(xmlReadMemory(
        text.data(), static_cast<int>(text.size()), nullptr, nullptr,
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT));
    if (!tree) refused = name + " is no XML";
    if (tree && tree->intSubset != nullptr) {
      refused = name + " declares entities, as no Office program does";
      tree = nullptr;
    }
    return tree;
  }

 private:
  struct Discard {
    void operator()(zip_t* it) const { ::zip_discard(it); }
  };
  struct Close {
    void operator()(zip_file_t* it) const { ::zip_fclose(it); }
  };
  std::unique_ptr<zip_t, Discard> archive_;
};

std::size_t number_in(std::string_view text, std::size_t otherwise) {
  std::size_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc{} ? number : otherwise;
}

bool is_on(const xmlNode* flag) {
  if (flag == nullptr) return false;
  const std::string value = attribute(flag, "val");
  return value != "0" && value != "false" && value != "off" && value != "none" &&
         value != "noStrike";
}

class Word {
 public:
  explicit Word(Document& document) : document_(document) {}

  void walk(const xmlNode* first, int depth) {
    for (const xmlNode* it = first; it != nullptr && depth < max_depth; it = it->next) {
      const std::string_view name = name_of(it);
      if (name == "tbl") {
        take_table(it, depth);
      } else if (name == "p") {
        take_paragraph(it);
      } else if (!name.empty()) {
        walk(it->children, depth + 1);
      }
    }
  }

 private:
  // Struck and deleted text is not in it, nor the marks of footnotes, which are elements of their
  // own.
  static void add_text(const xmlNode* first, int depth, std::string& out) {
    for (const xmlNode* it = first; it != nullptr && depth < max_depth; it = it->next) {
      const std::string_view name = name_of(it);
      if (is_one_of(name, {"del", "moveFrom", "tbl", "delText", "instrText"})) continue;
      if (name == "r") {
        const xmlNode* style = child_of(it, "rPr");
        if (is_on(child_of(style, "strike")) || is_on(child_of(style, "dstrike"))) continue;
        const xmlNode* raised = child_of(style, "vertAlign");
        if (raised != nullptr && attribute(raised, "val") == "superscript") continue;
      }
      if (name == "t") {
        for (const xmlNode* text = it->children; text != nullptr; text = text->next) {
          if (text->content != nullptr) out += reinterpret_cast<const char*>(text->content);
        }
        continue;
      }
      if (is_one_of(name, {"br", "cr"})) out += '\n';
      if (name == "tab") out += ' ';
      if (name == "noBreakHyphen") out += '-';
      if (!name.empty()) add_text(it->children, depth + 1, out);
      if (name == "p") out += '\n';
    }
  }

  void take_paragraph(const xmlNode* node) {
    const xmlNode* style = child_of(child_of(node, "pPr"), "pStyle");
    if (style == nullptr || attribute(style, "val").find("eading") == std::string::npos) return;
    std::string text;
    add_text(node->children, 0, text);
    heading_ = tidy(text);
  }

  void take_table(const xmlNode* node, int depth) {
    if (document_.tables.size() >= max_tables) return;
    DocumentTable table{.line = row_ + 1, .title = heading_, .rows = {}};
    std::vector<const xmlNode*> inner;
    for (const xmlNode* row = node->children; row != nullptr; row = row->next) {
      if (name_of(row) == "tr" && table.rows.size() < max_table_rows) take_row(row, table, inner);
    }
    document_.tables.push_back(std::move(table));
    for (const xmlNode* it : inner) walk(it, depth + 1);
  }

  void take_row(const xmlNode* node, DocumentTable& table, std::vector<const xmlNode*>& inner) {
    TableRow row{.line = ++row_, .cells = {}};
    const bool is_deleted = child_of(child_of(node, "trPr"), "del") != nullptr;
    for (const xmlNode* cell = node->children; cell != nullptr; cell = cell->next) {
      if (name_of(cell) != "tc") continue;
      const xmlNode* style = child_of(cell, "tcPr");
      const xmlNode* merged = child_of(style, "vMerge");
      const xmlNode* wide = child_of(style, "gridSpan");
      const std::size_t span = wide == nullptr ? 1 : number_in(attribute(wide, "val"), 1);
      std::string text;
      add_text(cell->children, 0, text);
      const bool goes_on = merged != nullptr && attribute(merged, "val") != "restart";
      for (std::size_t i = 0; i < span && row.cells.size() < max_cells; ++i) {
        const std::size_t column = row.cells.size();
        const std::string above =
            table.rows.empty() ? std::string() : table.rows.back().text(column);
        row.cells.push_back({.text = goes_on ? above : tidy(text), .from_above = goes_on});
      }
      if (cell->children != nullptr) inner.push_back(cell->children);
    }
    if (!row.cells.empty() && !is_deleted) table.rows.push_back(std::move(row));
  }

  Document& document_;
  std::string heading_;
  std::uint32_t row_ = 0;  // through the document
};

// Text of <si> and <is>: of its runs those that are not struck.
std::string rich_text(const xmlNode* node) {
  std::string out;
  for (const xmlNode* it = node->children; it != nullptr; it = it->next) {
    const xmlNode* run_style = name_of(it) == "r" ? child_of(it, "rPr") : nullptr;
    if (is_on(child_of(run_style, "strike"))) continue;
    const xmlNode* text = name_of(it) == "r"   ? child_of(it, "t")
                          : name_of(it) == "t" ? it
                                               : nullptr;
    for (text = text == nullptr ? nullptr : text->children; text != nullptr; text = text->next) {
      if (text->content != nullptr) out += reinterpret_cast<const char*>(text->content);
    }
  }
  return out;
}

class Excel {
 public:
  Excel(const Package& package, Document& document) : package_(package), document_(document) {}

  void read() {
    read_strings();
    read_styles();
    std::string refused;
    for (std::size_t i = 1; i <= max_tables && refused.empty(); ++i) {
      const std::string name = "xl/worksheets/sheet" + std::to_string(i) + ".xml";
      if (!package_.has(name.c_str())) break;
      if (const XmlTree tree = package_.part(name, refused)) {
        read_sheet(xmlDocGetRootElement(tree.get()), i);
      }
    }
    refuse(refused);
  }

 private:
  void refuse(const std::string& why) {
    if (!why.empty())
      document_.remarks.push_back({.line = 1, .what = why, .hint = "save the document again"});
  }

  void read_strings() {
    std::string refused;
    const XmlTree tree = package_.part("xl/sharedStrings.xml", refused);
    refuse(refused);
    if (!tree) return;
    for (const xmlNode* it = xmlDocGetRootElement(tree.get())->children; it != nullptr;
         it = it->next) {
      if (name_of(it) == "si") strings_.push_back(rich_text(it));
    }
  }

  void read_styles() {
    std::string refused;
    const XmlTree tree = package_.part("xl/styles.xml", refused);
    refuse(refused);
    if (!tree) return;
    const xmlNode* root = xmlDocGetRootElement(tree.get());
    std::vector<bool> struck;
    const xmlNode* fonts = child_of(root, "fonts");
    for (const xmlNode* it = fonts == nullptr ? nullptr : fonts->children; it != nullptr;
         it = it->next) {
      if (name_of(it) == "font") struck.push_back(is_on(child_of(it, "strike")));
    }
    const xmlNode* formats = child_of(root, "cellXfs");
    for (const xmlNode* it = formats == nullptr ? nullptr : formats->children; it != nullptr;
         it = it->next) {
      if (name_of(it) != "xf") continue;
      const std::size_t font = number_in(attribute(it, "fontId"), 0);
      struck_.push_back(font < struck.size() && struck[font]);
    }
  }

  // "C12": column 2.
  static std::optional<std::size_t> column_of(std::string_view place) {
    std::size_t column = 0;
    for (const char c : place) {
      if (c < 'A' || c > 'Z') break;
      column = column * 26 + static_cast<std::size_t>(c - 'A' + 1);
      if (column > max_cells) return std::nullopt;
    }
    if (column == 0) return std::nullopt;
    return column - 1;
  }

  std::string text_of(const xmlNode* cell) const {
    if (number_in(attribute(cell, "s"), 0) < struck_.size() &&
        struck_[number_in(attribute(cell, "s"), 0)]) {
      return {};
    }
    if (const xmlNode* inside = child_of(cell, "is")) return rich_text(inside);
    const xmlNode* value = child_of(cell, "v");
    if (value == nullptr || value->children == nullptr || value->children->content == nullptr)
      return {};
    const std::string text = reinterpret_cast<const char*>(value->children->content);
    if (attribute(cell, "t") != "s") return text;
    const std::size_t index = number_in(text, strings_.size());
    return index < strings_.size() ? strings_[index] : std::string();
  }

  void read_sheet(const xmlNode* root, std::size_t number) {
    DocumentTable table{.line = 1, .title = "Sheet " + std::to_string(number), .rows = {}};
    std::map<std::uint32_t, std::size_t> places;  // rows of the table by their numbers
    const xmlNode* data = child_of(root, "sheetData");
    std::uint32_t line = 0;
    for (const xmlNode* it = data == nullptr ? nullptr : data->children; it != nullptr;
         it = it->next) {
      if (name_of(it) != "row" || table.rows.size() >= max_table_rows) continue;
      line = static_cast<std::uint32_t>(number_in(attribute(it, "r"), line + 1));
      TableRow row{.line = line, .cells = {}};
      bool is_empty = true;
      for (const xmlNode* cell = it->children; cell != nullptr; cell = cell->next) {
        if (name_of(cell) != "c") continue;
        const auto column = column_of(attribute(cell, "r"));
        if (!column) continue;
        if (row.cells.size() <= *column) row.cells.resize(*column + 1);
        row.cells[*column].text = tidy(text_of(cell));
        is_empty = is_empty && row.cells[*column].text.empty();
      }
      if (is_empty) continue;
      places[line] = table.rows.size();
      table.rows.push_back(std::move(row));
    }
    if (table.rows.empty()) return;
    table.line = table.rows.front().line;
    spread(child_of(root, "mergeCells"), places, table);
    document_.tables.push_back(std::move(table));
  }

  // Merged cells hold their text in each place that they cover.
  static void spread(const xmlNode* merges, const std::map<std::uint32_t, std::size_t>& places,
                     DocumentTable& table) {
    for (const xmlNode* it = merges == nullptr ? nullptr : merges->children; it != nullptr;
         it = it->next) {
      const std::string area = attribute(it, "ref");  // "A2:B5"
      const std::size_t colon = area.find(':');
      if (colon == std::string::npos) continue;
      const std::string_view begin = std::string_view(area).substr(0, colon);
      const std::string_view end = std::string_view(area).substr(colon + 1);
      const auto left = column_of(begin), right = column_of(end);
      const auto row_of = [](std::string_view place) {
        const std::size_t digit = place.find_first_of("0123456789");
        return digit == std::string_view::npos
                   ? 0U
                   : static_cast<std::uint32_t>(number_in(place.substr(digit), 0));
      };
      if (!left || !right || *left > *right) continue;
      const auto first = places.find(row_of(begin));
      if (first == places.end()) continue;
      const std::string text = table.rows[first->second].text(*left);
      for (auto row = first; row != places.end() && row->first <= row_of(end); ++row) {
        auto& cells = table.rows[row->second].cells;
        if (cells.size() <= *right) cells.resize(*right + 1);
        for (std::size_t k = *left; k <= *right; ++k)
          cells[k] = {.text = text, .from_above = row != first};
      }
    }
  }

  const Package& package_;
  Document& document_;
  std::vector<std::string> strings_;
  std::vector<bool> struck_;  // by cell format
};

}  // namespace

void read_office_tables(std::string_view bytes, Document& document) {
  const Package package(bytes);
  if (package.has("word/document.xml")) {
    std::string refused;
    if (const XmlTree tree = package.part("word/document.xml", refused)) {
      Word(document).walk(xmlDocGetRootElement(tree.get())->children, 0);
    }
    if (!refused.empty()) {
      document.remarks.push_back({.line = 1, .what = refused, .hint = "save the document again"});
    }
  } else if (package.has("xl/workbook.xml")) {
    Excel(package, document).read();
  } else {
    document.remarks.push_back({.line = 1,
                                .what = "this zip file is no Word or Excel document",
                                .hint = "save it as .docx, .xlsx, HTML or CSV"});
  }
}

}  // namespace pcapaudit
