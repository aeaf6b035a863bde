// Pipe tables, with and without outer bars, indented or not. Source: GitHub Flavored Markdown 4.10.
#include <algorithm>
#include <optional>
#include <utility>

#include "import/tables/document.hpp"
#include "import/words.hpp"

namespace pcapaudit {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\0';
}

// The HTML of a cell: emphasis away, struck text as such, links as links, a "<" that begins no tag
// as text.
class Inline {
 public:
  explicit Inline(std::string_view text) : text_(text) {}

  std::string html() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  char before() const { return at_ == 0 ? '\0' : text_[at_ - 1]; }

  void put(char c) {
    if (c == '<') out_ += "&lt;";
    if (c == '>') out_ += "&gt;";
    if (c != '<' && c != '>') out_ += c;
  }

  void step() {
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size() && !is_blank(peek(1))) {
      put(peek(1));
      at_ += 2;
    } else if (text_.substr(at_).starts_with("~~")) {
      out_ += std::exchange(struck_, !struck_) ? "</del>" : "<del>";
      at_ += 2;
    } else if (c == '`') {
      ++at_;
    } else if (c == '*' || c == '_') {
      emphasis(c);
    } else if (c == '[' || text_.substr(at_).starts_with("![")) {
      bracket(c == '!');
    } else if (c == '<' && !begins_tag()) {
      put(c);
      ++at_;
    } else {
      out_ += c;
      ++at_;
    }
  }

  bool begins_tag() const {
    const char next = peek(1);
    const bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
    return letter || next == '/' || text_.substr(at_).starts_with("<!--");
  }

  // A run that opens at the beginning of a word and has its like at the end of one.
  void emphasis(char sign) {
    std::size_t run = 0;
    while (peek(run) == sign) ++run;
    const std::string mark(run, sign);
    if (!open_.empty() && open_.back() == mark && !is_blank(before())) {
      open_.pop_back();
      at_ += run;
      return;
    }
    const bool opens = !is_blank(peek(run)) && (is_blank(before()) || ispunct_ascii(before()));
    const std::size_t rest = at_ + run;
    if (opens && rest < text_.size() && text_.find(mark, rest) != std::string_view::npos) {
      open_.push_back(mark);
    } else {
      out_ += mark;
    }
    at_ += run;
  }

  static bool ispunct_ascii(char c) {
    return std::string_view("(/|>\"'*_~,;:").find(c) != std::string_view::npos;
  }

  // [text](address), ![picture](address), [^note]; anything else is text in brackets.
  void bracket(bool picture) {
    const std::size_t begin = at_ + (picture ? 2 : 1);
    const std::size_t end = text_.find(']', begin);
    if (end == std::string_view::npos) {
      put(text_[at_++]);
      return;
    }
    const std::string_view inside = text_.substr(begin, end - begin);
    if (inside.starts_with('^')) {
      at_ = end + 1;
      return;
    }
    if (end + 1 < text_.size() && text_[end + 1] == '(') {
      const std::size_t close = text_.find(')', end);
      if (close != std::string_view::npos) {
        const std::string_view address = text_.substr(end + 2, close - end - 2);
        out_ += address.starts_with('#') ? "<a href=\"#\">" : "<a>";
        out_ += Inline(inside).html();
        out_ += "</a>";
        at_ = close + 1;
        return;
      }
    }
    put(text_[at_++]);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool struck_ = false;
  std::vector<std::string> open_;
  std::string out_;
};

std::vector<std::string> cells_of(std::string_view line) {
  line = trimmed(line);
  if (line.starts_with('|')) line.remove_prefix(1);
  if (line.ends_with('|') && !line.ends_with("\\|")) line.remove_suffix(1);
  std::vector<std::string> cells(1);
  bool code = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '`') code = !code;
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cells.back() += line[++i];
    } else if (line[i] == '|' && !code && cells.size() < max_cells) {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  return cells;
}

// |---|:-:| and nothing else.
bool is_rule(std::string_view line) {
  line = trimmed(line);
  return line.find('-') != std::string_view::npos && line.find('|') != std::string_view::npos &&
         line.find_first_not_of("-:| \t") == std::string_view::npos;
}

TableRow row_of(std::string_view line, std::uint32_t number) {
  TableRow row{.line = number, .cells = {}};
  for (const std::string& cell : cells_of(line)) {
    const bool plain = cell.find_first_of("<&*_[`~\\") == std::string::npos;
    row.cells.push_back({.text = plain ? tidy(cell) : text_of_html(Inline(trimmed(cell)).html())});
  }
  return row;
}

}  // namespace

void read_markdown_tables(std::string_view text, Document& document) {
  std::optional<DocumentTable> open;
  std::string_view before;
  std::string title;
  std::uint32_t number = 0;
  const auto close = [&] {
    if (open && document.tables.size() < max_tables) document.tables.push_back(*std::move(open));
    open.reset();
  };
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find('|') == std::string_view::npos) {
      close();
      if (line.starts_with('#')) {
        title = tidy(text_of_html(
            Inline(trimmed(line.substr(line.find_first_not_of('#') == std::string_view::npos
                                           ? line.size()
                                           : line.find_first_not_of('#'))))
                .html()));
      }
      before = {};
    } else if (open) {
      if (open->rows.size() < max_table_rows) open->rows.push_back(row_of(line, number));
    } else if (!before.empty() && is_rule(line)) {
      open =
          DocumentTable{.line = number - 1, .title = title, .rows = {row_of(before, number - 1)}};
    }
    before = line;
  }
  close();
}

}  // namespace pcapaudit
