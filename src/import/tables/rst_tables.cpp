// reStructuredText: grid tables, simple tables, csv-table and list-table (docutils).
#include <algorithm>
#include <optional>

#include "import/tables/document.hpp"

namespace pcapaudit {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
  }
  return lines;
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}
std::string_view trimmed(std::string_view line) {
  line.remove_prefix(indent_of(line));
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return line;
}

// Text as it is shown: marks of footnotes, emphasis, code and roles are not in it.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      if (text[i + 1] != ' ') out += text[i + 1];
      ++i;
    } else if (c == '[') {
      const std::size_t end = text.find(']', i);
      const bool is_note =
          end != std::string_view::npos && end + 1 < text.size() && text[end + 1] == '_';
      if (is_note)
        i = end + 1;
      else
        out += c;
    } else if (c == '`') {
      const std::size_t end = text.find('`', i + 1);
      if (end == std::string_view::npos || end == i + 1) continue;
      std::string_view inside = text.substr(i + 1, end - i - 1);
      const std::size_t address = inside.find(" <");
      if (address != std::string_view::npos && inside.ends_with('>'))
        inside = inside.substr(0, address);
      // :role:`text`
      if (out.ends_with(':')) {
        const std::size_t begin = out.rfind(':', out.size() - 2);
        if (begin != std::string::npos && out.find(' ', begin) == std::string::npos)
          out.resize(begin);
      }
      out += inside;
      i = end;
      while (i + 1 < text.size() && (text[i + 1] == '`' || text[i + 1] == '_')) ++i;
    } else if (c == '*') {
      const bool stands_alone =
          (i == 0 || text[i - 1] == ' ') && (i + 1 == text.size() || text[i + 1] == ' ');
      if (stands_alone) out += c;
    } else {
      out += c;
    }
  }
  return tidy(out);
}

// A line of CSV without the blanks behind its commas, which docutils passes over.
std::string without_blanks(std::string_view line) {
  std::string out;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ' ' && !quoted && out.ends_with(',')) continue;
    out += c;
  }
  return out;
}

bool is_grid_border(std::string_view line) {
  line = trimmed(line);
  return line.size() > 2 && line.starts_with('+') && line.ends_with('+') &&
         line.find_first_not_of("+-=") == std::string_view::npos;
}
// Two runs of "=" at least.
bool is_simple_border(std::string_view line) {
  line = trimmed(line);
  return line.starts_with('=') && line.find_first_not_of("= ") == std::string_view::npos &&
         line.find(' ') != std::string_view::npos;
}

// Lines of a grid table to its rows. Cells may span columns, where no bar divides them, and rows,
// where no rule does.
class Grid {
 public:
  Grid(std::string_view border, DocumentTable& table) : table_(table), row_line_(table.line + 1) {
    for (std::size_t k = 0; k < border.size() && bars_.size() <= max_cells; ++k) {
      if (border[k] == '+') bars_.push_back(k);
    }
    cells_.resize(bars_.size() - 1);
  }

  void take(std::string_view line, std::uint32_t number) {
    std::vector<bool> ruled;
    for (std::size_t k = 0; k < cells_.size(); ++k) ruled.push_back(is_ruled(line, k));
    if (std::find(ruled.begin(), ruled.end(), true) != ruled.end()) end_row(ruled, number);
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      if (ruled[k]) continue;
      // A cell over several columns is the text of each of them.
      std::size_t end = k;
      while (end + 1 < cells_.size() && bars_[end + 1] < line.size() &&
             line[bars_[end + 1]] != '|' && line[bars_[end + 1]] != '+')
        ++end;
      for (std::size_t one = k; one <= end; ++one)
        cells_[one].text.append(part(line, bars_[k] + 1, bars_[end + 1])).append(1, '\n');
      k = end;
    }
  }

 private:
  // Copies of cells over many rows, in all; a cell beyond has no text in the rows below its first.
  static constexpr std::size_t most_repeated = std::size_t{4} << 20;

  struct Open {
    std::string text;
    std::size_t begin = 0;  // the row in which it began
  };

  static std::string_view part(std::string_view line, std::size_t begin, std::size_t end) {
    return begin < line.size() ? line.substr(begin, end - begin) : std::string_view{};
  }
  bool is_ruled(std::string_view line, std::size_t k) const {
    const std::string_view text = part(line, bars_[k] + 1, bars_[k + 1]);
    return !text.empty() && (text.find_first_not_of('-') == std::string_view::npos ||
                             text.find_first_not_of('=') == std::string_view::npos);
  }

  void end_row(const std::vector<bool>& ruled, std::uint32_t number) {
    if (table_.rows.size() >= max_table_rows) return;
    const std::size_t here = table_.rows.size();
    TableRow row{.line = row_line_, .cells = {}};
    for (const Open& it : cells_) row.cells.push_back({.text = {}, .from_above = it.begin < here});
    table_.rows.push_back(std::move(row));
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      if (!ruled[k]) continue;
      const std::string text = plain(cells_[k].text);
      for (std::size_t i = cells_[k].begin; i <= here; ++i) {
        if (i > cells_[k].begin && (repeated_ += text.size()) > most_repeated) break;
        table_.rows[i].cells[k].text = text;
      }
      cells_[k] = {.text = {}, .begin = here + 1};
    }
    row_line_ = number + 1;
  }

  DocumentTable& table_;
  std::uint32_t row_line_;
  std::vector<std::size_t> bars_;
  std::vector<Open> cells_;
  std::size_t repeated_ = 0;
};

class RstTables {
 public:
  RstTables(std::string_view text, Document& document)
      : lines_(lines_of(text)), document_(document) {}

  void read() {
    for (std::size_t i = 0; i < lines_.size() && document_.tables.size() < max_tables;) {
      const std::string_view line = trimmed(lines_[i]);
      if (is_grid_border(lines_[i]))
        i = read_grid(i);
      else if (is_simple_border(lines_[i]))
        i = read_simple(i);
      else if (line.starts_with(".. csv-table::"))
        i = read_csv(i);
      else if (line.starts_with(".. list-table::"))
        i = read_list(i);
      else
        i = note_title(i);
    }
  }

 private:
  // A line that is underlined is a heading.
  std::size_t note_title(std::size_t at) {
    const std::string_view line = trimmed(lines_[at]);
    if (at + 1 < lines_.size() && !line.empty()) {
      const std::string_view under = trimmed(lines_[at + 1]);
      const bool is_rule =
          under.size() > 2 &&
          std::string_view("=-~^\"'#*+").find(under[0]) != std::string_view::npos &&
          under.find_first_not_of(under[0]) == std::string_view::npos;
      if (is_rule) {
        title_ = plain(line);
        return at + 2;
      }
    }
    if (line.starts_with(".. table::")) title_ = plain(line.substr(10));
    return at + 1;
  }

  void add(DocumentTable table) {
    if (!table.rows.empty()) document_.tables.push_back(std::move(table));
  }

  std::size_t read_grid(std::size_t at) {
    const std::size_t indent = indent_of(lines_[at]);
    DocumentTable table{.line = static_cast<std::uint32_t>(at + 1), .title = title_, .rows = {}};
    Grid grid(trimmed(lines_[at]), table);
    std::size_t i = at + 1;
    for (; i < lines_.size(); ++i) {
      const std::string_view raw = lines_[i];
      const std::string_view line = raw.size() > indent ? trimmed(raw.substr(indent)) : "";
      if (line.empty() || (line[0] != '|' && line[0] != '+')) break;
      grid.take(line, static_cast<std::uint32_t>(i + 1));
    }
    add(std::move(table));
    return i;
  }

  // Columns are where the first rule has its runs; a row begins where the first column does.
  std::size_t read_simple(std::size_t at) {
    const std::string_view rule = lines_[at];
    std::vector<std::pair<std::size_t, std::size_t>> runs;
    for (std::size_t k = 0; k < rule.size();) {
      if (rule[k] != '=') {
        ++k;
        continue;
      }
      const std::size_t end = std::min(rule.find_first_not_of('=', k), rule.size());
      if (runs.size() < max_cells) runs.emplace_back(k, end);
      k = end;
    }
    DocumentTable table{.line = static_cast<std::uint32_t>(at + 1), .title = title_, .rows = {}};
    std::size_t rules = 1, i = at + 1;
    for (; i < lines_.size(); ++i) {
      const std::string_view line = lines_[i];
      if (is_simple_border(line)) {
        ++rules;
        const bool ends = i + 1 >= lines_.size() || trimmed(lines_[i + 1]).empty();
        if (rules >= 2 && ends) {
          ++i;
          break;
        }
        continue;
      }
      if (trimmed(line).empty()) {
        if (rules >= 3) break;
        continue;
      }
      if (trimmed(line).find_first_not_of("- ") == std::string_view::npos &&
          trimmed(line).size() > 2)
        continue;
      std::vector<std::string> texts;
      for (std::size_t k = 0; k < runs.size(); ++k) {
        const std::size_t end = k + 1 < runs.size() ? runs[k + 1].first : std::string_view::npos;
        texts.emplace_back(
            runs[k].first < line.size() ? line.substr(runs[k].first, end - runs[k].first) : "");
      }
      const bool goes_on = trimmed(texts[0]).empty() && !table.rows.empty();
      if (goes_on) {
        for (std::size_t k = 0; k < texts.size(); ++k) {
          std::string& cell = table.rows.back().cells[k].text;
          cell = tidy(cell + "\n" + plain(texts[k]));
        }
      } else if (table.rows.size() < max_table_rows) {
        TableRow row{.line = static_cast<std::uint32_t>(i + 1), .cells = {}};
        for (const std::string& text : texts) row.cells.push_back({.text = plain(text)});
        table.rows.push_back(std::move(row));
      }
    }
    add(std::move(table));
    return i;
  }

  // Options of a directive, and where its content begins.
  std::size_t read_options(std::size_t at, std::size_t indent, std::string& header) {
    std::size_t i = at + 1;
    for (; i < lines_.size(); ++i) {
      const std::string_view line = trimmed(lines_[i]);
      if (line.empty() || indent_of(lines_[i]) <= indent || !line.starts_with(':')) break;
      if (line.starts_with(":header:")) header = trimmed(line.substr(8));
      if (line.starts_with(":file:") || line.starts_with(":url:"))
        document_.remarks.push_back({.line = static_cast<std::uint32_t>(i + 1),
                                     .what = "the table lies in another file, which is not read",
                                     .hint = "import that file"});
    }
    return i;
  }
  std::size_t end_of(std::size_t at, std::size_t indent) const {
    while (at < lines_.size() && (trimmed(lines_[at]).empty() || indent_of(lines_[at]) > indent))
      ++at;
    return at;
  }

  std::size_t read_csv(std::size_t at) {
    const std::size_t indent = indent_of(lines_[at]);
    std::string header;
    std::size_t i = read_options(at, indent, header);
    while (i < lines_.size() && trimmed(lines_[i]).empty()) ++i;
    const std::size_t end = end_of(i, indent);
    std::string text = header.empty() ? "" : without_blanks(header) + "\n";
    for (std::size_t k = i; k < end; ++k) text += without_blanks(trimmed(lines_[k])) + "\n";
    Document inner;
    read_csv_table(text, inner);
    for (DocumentTable& table : inner.tables) {
      for (std::size_t k = 0; k < table.rows.size(); ++k) {
        TableRow& row = table.rows[k];
        const auto base = static_cast<std::uint32_t>(header.empty() ? i : i - 1);
        row.line = !header.empty() && k == 0 ? static_cast<std::uint32_t>(at + 1) : row.line + base;
        for (DocumentCell& cell : row.cells) cell.text = plain(cell.text);
      }
      table.line = static_cast<std::uint32_t>(at + 1);
      table.title = plain(trimmed(lines_[at]).substr(14));
      if (table.title.empty()) table.title = title_;
      add(std::move(table));
    }
    return std::max(end, at + 1);
  }

  // "* - first cell" begins a row, "  - next cell" goes on with it.
  std::size_t read_list(std::size_t at) {
    const std::size_t indent = indent_of(lines_[at]);
    std::string header;
    const std::size_t begin = read_options(at, indent, header);
    const std::size_t end = end_of(begin, indent);
    DocumentTable table{.line = static_cast<std::uint32_t>(at + 1),
                        .title = plain(trimmed(lines_[at]).substr(15)),
                        .rows = {}};
    if (table.title.empty()) table.title = title_;
    std::optional<std::size_t> cell_indent;
    for (std::size_t i = begin; i < end; ++i) {
      const std::string_view line = trimmed(lines_[i]);
      const bool begins_row = line.starts_with("* -");
      if (begins_row && table.rows.size() < max_table_rows) {
        table.rows.push_back({.line = static_cast<std::uint32_t>(i + 1), .cells = {}});
        cell_indent = indent_of(lines_[i]) + 2;
        table.rows.back().cells.push_back({.text = plain(line.substr(3))});
      } else if (!table.rows.empty() && cell_indent && indent_of(lines_[i]) == *cell_indent &&
                 line.starts_with('-') && table.rows.back().cells.size() < max_cells) {
        table.rows.back().cells.push_back({.text = plain(line.substr(1))});
      } else if (!table.rows.empty() && !line.empty()) {
        std::string& cell = table.rows.back().cells.back().text;
        cell = tidy(cell + "\n" + plain(line.starts_with("- ") ? line.substr(2) : line));
      }
    }
    add(std::move(table));
    return std::max(end, at + 1);
  }

  Lines lines_;
  Document& document_;
  std::string title_;  // the heading above
};

}  // namespace

void read_rst_tables(std::string_view text, Document& document) {
  RstTables(text, document).read();
}

}  // namespace pcapaudit
