// AsciiDoc: what stands between two lines of |===.
#include <algorithm>
#include <charconv>

#include "import/tables/document.hpp"

namespace pcapaudit {
namespace {

std::string_view trimmed(std::string_view line) {
  while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
  while (line.ends_with(' ') || line.ends_with('\t') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Text as it is shown: footnotes, marks of emphasis and code, and addresses of links are not in it.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const std::size_t close = rest.find(']');
    if (rest.starts_with("footnote:") && close != std::string_view::npos) {
      i += close;
    } else if (rest.starts_with("{nbsp}")) {
      out += ' ';
      i += 5;
    } else if ((rest.starts_with("link:") || rest.starts_with("http") || rest.starts_with("<<") ||
                rest.starts_with("xref:")) &&
               close != std::string_view::npos && rest.find('[') < close &&
               rest.find(' ') > rest.find('[')) {
      out += plain(rest.substr(rest.find('[') + 1, close - rest.find('[') - 1));
      i += close;
    } else if (rest.starts_with(" +\n")) {
      out += '\n';
      i += 2;
    } else if (rest[0] == '`' || (rest[0] == '\\' && rest.size() > 1)) {
      if (rest[0] == '\\') out += rest[1], ++i;
    } else if (rest[0] == '*' || rest[0] == '_') {
      const char before = i == 0 ? ' ' : text[i - 1],
                 after = i + 1 < text.size() ? text[i + 1] : ' ';
      const auto is_word = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               (c & 0x80) != 0;
      };
      const bool is_inside = is_word(before) && is_word(after);
      const bool stands_alone =
          !is_word(before) && !is_word(after) && before != rest[0] && after != rest[0];
      if (is_inside || stands_alone) out += rest[0];
    } else {
      out += rest[0];
    }
  }
  return tidy(out);
}

struct Cell {
  std::uint32_t line = 0;
  std::size_t wide = 1, high = 1;
  std::string text;
};

class AsciidocTables {
 public:
  explicit AsciidocTables(Document& document) : document_(document) {}

  void read(std::string_view text) {
    std::uint32_t number = 0;
    bool open = false;
    while (!text.empty()) {
      ++number;
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      const std::string_view shown = trimmed(line);
      if (shown == "|===") {
        if (open)
          end_table();
        else
          begin_table(number);
        open = !open;
      } else if (open) {
        read_line(shown, number);
      } else {
        note(shown);
      }
    }
    if (open) end_table();
  }

 private:
  void note(std::string_view line) {
    if (line.starts_with("="))
      title_ = plain(line.substr(std::min(line.find_first_not_of('='), line.size())));
    if (line.starts_with('.') && line.size() > 1 && line[1] != '.')
      caption_ = plain(line.substr(1));
    if (!line.starts_with('[')) {
      if (!line.empty() && !line.starts_with('.')) columns_ = 0, caption_.clear();
      return;
    }
    const std::size_t cols = line.find("cols=");
    if (cols == std::string_view::npos) return;
    // "1,2,3", "3*", "<1,^2"
    std::string_view list = line.substr(cols + 5);
    const bool quoted = list.starts_with('"');
    if (quoted) list.remove_prefix(1);
    list = list.substr(0, std::min(list.find_first_of(quoted ? "\"" : ",]"), list.size()));
    columns_ = 0;
    while (!list.empty()) {
      const std::string_view one = trimmed(list.substr(0, list.find(',')));
      list.remove_prefix(
          std::min(list.find(',') == std::string_view::npos ? list.size() : list.find(',') + 1,
                   list.size()));
      std::size_t times = 1;
      const std::size_t star = one.find('*');
      if (star != std::string_view::npos) std::from_chars(one.data(), one.data() + star, times);
      columns_ += std::min(times, max_cells);
    }
  }

  void begin_table(std::uint32_t number) {
    table_ = {.line = number, .title = caption_.empty() ? title_ : caption_, .rows = {}};
    cells_.clear();
    first_line_cells_ = 0;
  }

  // "2+|", ".3+|", "a|", "h|": what stands before a bar says how large its cell is.
  void read_line(std::string_view line, std::uint32_t number) {
    if (line.starts_with("//")) return;
    std::size_t added = 0;
    std::string text;
    const auto end_text = [&] {
      if (!cells_.empty()) cells_.back().text += text + "\n";
      text.clear();
    };
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
        text += '|';
        ++i;
      } else if (line[i] == '|' && cells_.size() < max_table_rows * 8) {
        Cell cell{.line = number};
        const std::size_t blank = text.find_last_of(" \t");
        const std::string before = blank == std::string::npos ? text : text.substr(blank + 1);
        if (take_size(before, cell)) text.resize(text.size() - before.size());
        end_text();
        cells_.push_back(std::move(cell));
        ++added;
      } else {
        text += line[i];
      }
    }
    end_text();
    if (first_line_cells_ == 0) first_line_cells_ = added;
  }

  static bool take_size(std::string_view mark, Cell& cell) {
    if (mark.empty() ||
        mark.find_first_not_of("0123456789.+*<>^adehlmsv") != std::string_view::npos)
      return false;
    const std::size_t plus = mark.find('+');
    if (plus == std::string_view::npos)
      return mark.size() == 1 && !(mark[0] >= '0' && mark[0] <= '9') && mark[0] != '*' &&
             mark[0] != '.';
    const std::string_view size = mark.substr(0, plus);
    const std::size_t dot = std::min(size.find('.'), size.size());
    std::from_chars(size.data(), size.data() + dot, cell.wide);
    if (dot < size.size())
      std::from_chars(size.data() + dot + 1, size.data() + size.size(), cell.high);
    cell.wide = std::clamp<std::size_t>(cell.wide, 1, max_cells);
    cell.high = std::clamp<std::size_t>(cell.high, 1, max_table_rows);
    return true;
  }

  void end_table() {
    const std::size_t columns = std::min(columns_ == 0 ? first_line_cells_ : columns_, max_cells);
    columns_ = 0;
    caption_.clear();
    if (columns == 0 || document_.tables.size() >= max_tables) return;
    struct Above {
      std::size_t rows = 0;
      std::string text;
    };
    std::vector<Above> above(columns);
    TableRow row;
    const auto fill_above = [&] {
      while (row.cells.size() < columns && above[row.cells.size()].rows > 0) {
        Above& it = above[row.cells.size()];
        --it.rows;
        repeated_ += it.text.size();
        row.cells.push_back({.text = repeated_ > most_repeated ? "" : it.text, .from_above = true});
      }
    };
    for (const Cell& cell : cells_) {
      fill_above();
      if (row.cells.size() >= columns) {
        table_.rows.push_back(std::move(row));
        row = {};
        fill_above();
      }
      if (row.line == 0) row.line = cell.line;
      const std::string text = plain(cell.text);
      for (std::size_t k = 0; k < cell.wide && row.cells.size() < columns; ++k) {
        above[row.cells.size()] = {.rows = cell.high - 1, .text = text};
        row.cells.push_back({.text = text});
      }
      if (table_.rows.size() >= max_table_rows) break;
    }
    fill_above();
    if (!row.cells.empty()) {
      if (row.line == 0) row.line = table_.line;
      table_.rows.push_back(std::move(row));
    }
    if (!table_.rows.empty()) document_.tables.push_back(std::move(table_));
  }

  // What is beyond has no text, and its row is left out.
  static constexpr std::size_t most_repeated = std::size_t{4} << 20;

  Document& document_;
  DocumentTable table_;
  std::vector<Cell> cells_;
  std::size_t columns_ = 0, first_line_cells_ = 0;
  std::string title_, caption_;
  std::size_t repeated_ = 0;  // bytes of copies of cells over many rows
};

}  // namespace

void read_asciidoc_tables(std::string_view text, Document& document) {
  AsciidocTables(document).read(text);
}

}  // namespace pcapaudit
