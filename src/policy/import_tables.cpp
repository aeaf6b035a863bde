// Reads tables; not a parser of HTML or Markdown, but of what pages make tables of.
#include "policy/import_tables.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>
#include <utility>

namespace pcapaudit {
namespace {

std::uint32_t line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::uint32_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

std::string joined_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

// Text between tags; entities that pages use.
std::string without_tags(std::string_view html) {
  std::string out;
  for (std::size_t i = 0; i < html.size();) {
    if (html[i] == '<') {
      const std::size_t end = html.find('>', i);
      out += ' ';
      i = end == std::string_view::npos ? html.size() : end + 1;
      continue;
    }
    if (html[i] == '&') {
      constexpr std::pair<std::string_view, char> entities[] = {
          {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&nbsp;", ' '}};
      const auto* const found =
          std::find_if(std::begin(entities), std::end(entities),
                       [&](const auto& it) { return html.substr(i).starts_with(it.first); });
      if (found != std::end(entities)) {
        out += found->second;
        i += found->first.size();
        continue;
      }
    }
    out += html[i++];
  }
  return joined_blanks(out);
}

// The place of "<name" as a tag from `at` on, whatever the case.
std::size_t find_tag(std::string_view text, std::string_view name, std::size_t at) {
  for (; at + name.size() + 1 < text.size(); ++at) {
    at = text.find('<', at);
    if (at == std::string_view::npos || at + name.size() + 1 >= text.size()) break;
    bool same = true;
    for (std::size_t i = 0; i < name.size() && same; ++i) {
      same = std::tolower(static_cast<unsigned char>(text[at + 1 + i])) == name[i];
    }
    const char next = text[at + 1 + name.size()];
    if (same && (next == '>' || next == ' ' || next == '\n' || next == '\r' || next == '\t')) {
      return at;
    }
  }
  return std::string_view::npos;
}

std::vector<TableRow> html_rows(std::string_view text, std::size_t begin, std::size_t end) {
  std::vector<TableRow> rows;
  std::size_t at = find_tag(text.substr(0, end), "tr", begin);
  while (at < end && rows.size() < max_table_rows) {
    const std::size_t next = std::min(find_tag(text.substr(0, end), "tr", at + 1), end);
    TableRow row{.line = line_of(text, at), .cells = {}};
    const std::string_view inside = text.substr(0, next);
    std::size_t cell = std::min(find_tag(inside, "td", at), find_tag(inside, "th", at));
    while (cell < next && row.cells.size() < max_cells) {
      const std::size_t other =
          std::min(find_tag(inside, "td", cell + 1), find_tag(inside, "th", cell + 1));
      row.cells.push_back(without_tags(text.substr(cell, std::min(other, next) - cell)));
      cell = other;
    }
    if (!row.cells.empty()) rows.push_back(std::move(row));
    at = next;
  }
  return rows;
}

void read_html(std::string_view text, std::vector<DocumentTable>& tables) {
  std::size_t at = find_tag(text, "table", 0);
  while (at != std::string_view::npos && tables.size() < max_tables) {
    std::size_t end = text.find("</table", at);
    end = std::min(end, text.size());
    std::vector<TableRow> rows = html_rows(text, at, end);
    if (rows.size() > 1) {
      DocumentTable table{.header = std::move(rows.front()), .rows = {}};
      table.rows.assign(std::make_move_iterator(rows.begin() + 1),
                        std::make_move_iterator(rows.end()));
      tables.push_back(std::move(table));
    }
    at = find_tag(text, "table", end);
  }
}

std::vector<std::string> pipe_cells(std::string_view line) {
  std::vector<std::string> cells;
  if (line.ends_with('\r')) line.remove_suffix(1);
  line.remove_prefix(1);
  if (line.ends_with('|')) line.remove_suffix(1);
  std::string cell;
  for (std::size_t i = 0; i < line.size() && cells.size() < max_cells; ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cell += line[++i];
    } else if (line[i] == '|') {
      cells.push_back(without_tags(std::exchange(cell, {})));
    } else {
      cell += line[i];
    }
  }
  cells.push_back(without_tags(cell));
  return cells;
}

bool is_rule(const std::vector<std::string>& cells) {
  return std::all_of(cells.begin(), cells.end(), [](const std::string& cell) {
    return !cell.empty() && cell.find_first_not_of("-: ") == std::string::npos;
  });
}

void read_markdown(std::string_view text, std::vector<DocumentTable>& tables) {
  std::optional<DocumentTable> open;
  std::optional<TableRow> before;
  std::uint32_t number = 0;
  const auto close = [&] {
    if (open && !open->rows.empty() && tables.size() < max_tables)
      tables.push_back(*std::move(open));
    open.reset();
    before.reset();
  };
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with('|')) {
      close();
      continue;
    }
    TableRow row{.line = number, .cells = pipe_cells(line)};
    if (open) {
      if (open->rows.size() < max_table_rows) open->rows.push_back(std::move(row));
    } else if (before && is_rule(row.cells)) {
      open = DocumentTable{.header = *std::move(before), .rows = {}};
    } else {
      before = std::move(row);
    }
  }
  close();
}

// Fields may hold separators, line ends and doubled quotes inside quotes.
void read_csv(std::string_view text, char separator, std::vector<DocumentTable>& tables) {
  DocumentTable table;
  TableRow row{.line = 1, .cells = {}};
  std::string cell;
  bool quoted = false;
  std::uint32_t line = 1;
  const auto end_row = [&] {
    row.cells.push_back(joined_blanks(std::exchange(cell, {})));
    const bool empty = row.cells.size() == 1 && row.cells[0].empty();
    if (!empty && table.header.cells.empty()) {
      table.header = row;
    } else if (!empty && table.rows.size() < max_table_rows) {
      table.rows.push_back(row);
    }
    row = {.line = line + 1, .cells = {}};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else if (c == '"') {
        quoted = false;
      } else {
        cell += c;
      }
    } else if (c == '"' && cell.empty()) {
      quoted = true;
    } else if (c == separator && row.cells.size() < max_cells) {
      row.cells.push_back(joined_blanks(std::exchange(cell, {})));
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      cell += c;
    }
    if (c == '\n') ++line;
  }
  if (!cell.empty() || !row.cells.empty()) end_row();
  if (!table.rows.empty()) tables.push_back(std::move(table));
}

}  // namespace

std::vector<DocumentTable> read_tables(std::string_view text) {
  std::vector<DocumentTable> tables;
  read_html(text, tables);
  read_markdown(text, tables);
  if (!tables.empty()) return tables;
  const std::string_view first = text.substr(0, text.find('\n'));
  const auto commas = std::count(first.begin(), first.end(), ',');
  const auto semicolons = std::count(first.begin(), first.end(), ';');
  if (commas + semicolons >= 2) read_csv(text, semicolons > commas ? ';' : ',', tables);
  return tables;
}

}  // namespace pcapaudit
