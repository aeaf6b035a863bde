// Escaping, numbers and tables of the HTML report.

#include "report/html/html_markup.hpp"

#include "base/text/text.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

constexpr std::string_view thin_space = "\xe2\x80\xaf";  // U+202F, does not break
constexpr std::size_t most_wire = 160;                   // characters of one wire string

// Where the first `characters` of the text end.
std::size_t end_of(std::string_view text, std::size_t characters) {
  std::size_t end = 0;
  for (; end < text.size() && characters > 0; --characters) {
    end += first_character(text.substr(end)).bytes.size();
  }
  return end;
}

std::string_view entity(std::string_view character) {
  if (character == "&") return "&amp;";
  if (character == "<") return "&lt;";
  if (character == ">") return "&gt;";
  if (character == "\"") return "&quot;";
  if (character == "'") return "&#39;";
  return character;
}

}  // namespace

Markup escaped(std::string_view text) {
  Markup out;
  while (!text.empty()) {
    const Character it = first_character(text);
    text.remove_prefix(it.bytes.size());
    if (!it.valid || (is_unseen(it.code) && it.bytes != "\n" && it.bytes != "\t")) {
      out.html += fmt::format("[U+{:04X}]", it.valid ? it.code : 0xfffd);
    } else {
      out.html += entity(it.bytes);
    }
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t characters) {
  const std::size_t end = end_of(text, characters);
  return std::string(text.substr(0, end)) + (end == text.size() ? "" : "…");
}

Markup wire(std::string_view text) {
  const std::size_t end = end_of(text, most_wire);
  if (end == text.size()) return html("<bdi class=\"w\">{}</bdi>", text);
  return html("<bdi class=\"w\">{}</bdi>… ({} more bytes)", text.substr(0, end), text.size() - end);
}

Markup wires(const Listed<std::string>& names) {
  std::vector<Markup> parts;
  for (const std::string& name : names.rows) parts.push_back(wire(name));
  if (names.cut() > 0) parts.push_back(html("{} more", spaced(names.cut())));
  return joined(parts, ", ");
}

Markup joined(const std::vector<Markup>& parts, std::string_view between) {
  Markup out;
  for (const Markup& part : parts) {
    if (!out.html.empty()) out += escaped(between);
    out += part;
  }
  return out;
}

std::string spaced(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, thin_space);
  return text;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array units = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{}{}B", bytes, thin_space);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}{}", value, decimals, thin_space, units[unit]);
}

std::string duration_text(std::int64_t seconds) {
  constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
  const auto two = [](std::int64_t big, const char* big_name, std::int64_t small,
                      const char* small_name) {
    std::string text = fmt::format("{}{}{}", big, thin_space, big_name);
    if (small > 0) text += fmt::format(" {}{}{}", small, thin_space, small_name);
    return text;
  };
  if (seconds < minute) return fmt::format("{}{}s", seconds, thin_space);
  if (seconds < hour) return two(seconds / minute, "min", seconds % minute, "s");
  if (seconds < day) return two(seconds / hour, "h", seconds % hour / minute, "min");
  return two(seconds / day, "d", seconds % day / hour, "h");
}

std::string day_and_time(Timestamp time) {
  return to_second(to_text(time));
}

Cell cell(std::string_view text) {
  return {.inside = escaped(text)};
}
Cell cell(Markup inside) {
  return {.inside = std::move(inside)};
}
Cell number_cell(std::uint64_t number) {
  return {.inside = number == 0 ? html("<span class=\"none\">0</span>") : escaped(spaced(number)),
          .key = std::to_string(number),
          .is_number = true};
}
Cell bytes_cell(std::uint64_t bytes) {
  return {.inside = escaped(bytes_text(bytes)), .key = std::to_string(bytes), .is_number = true};
}
Cell time_cell(std::optional<Timestamp> time) {
  if (!time) return {.inside = html("<span class=\"none\">never</span>"), .key = "0"};
  const std::string text = day_and_time(*time);
  return {.inside = html("<time datetime=\"{0} {1}Z\"><span>{0}</span> <span>{1}</span></time>",
                         text.substr(0, 10), text.substr(11)),
          .key = text};
}

Cell day_cell(std::optional<DateTime> date) {
  if (!date) return {.inside = html("<span class=\"none\">not seen</span>"), .key = "0"};
  const std::string text = to_second(to_text(*date));
  return {.inside = html("<time datetime=\"{0}\">{0}</time>", text.substr(0, 10)), .key = text};
}

Markup cut_note(std::uint64_t cut, std::string_view what) {
  if (cut == 0) return {};
  return html("<p class=\"cut\">{} more {}, see CSV.</p>\n", spaced(cut), what);
}

namespace {

// Longest line and longest word of a cell as it is shown, in characters.
struct Extent {
  std::size_t line = 0, word = 0;
};

Extent extent_of(std::string_view markup) {
  Extent most;
  std::size_t line = 0, word = 0;
  const auto note = [&] {
    most.line = std::max(most.line, line);
    most.word = std::max(most.word, word);
  };
  while (!markup.empty()) {
    const bool is_tag = markup.front() == '<';
    const std::size_t end = is_tag                  ? markup.find('>') + 1
                            : markup.front() == '&' ? markup.find(';') + 1
                                                    : first_character(markup).bytes.size();
    const std::string_view piece = markup.substr(0, end);
    markup.remove_prefix(end);
    if (piece == "<br>" || piece == "<span class=\"sub\">") {
      note();
      line = word = 0;
    } else if (!is_tag) {
      ++line;
      word = piece == " " ? 0 : word + 1;
    }
    note();
  }
  return most;
}

// How narrow a column may become: style sheets cannot know what it holds.
std::string_view column_class(const std::vector<Row>& rows, std::size_t column) {
  if (rows.front().cells[column].is_number) return "n";
  Extent most;
  for (const Row& row : rows) {
    const Extent it = extent_of(row.cells[column].inside.html);
    most.line = std::max(most.line, it.line);
    most.word = std::max(most.word, it.word);
  }
  // Characters of the longest line or word, and the class for columns up to there.
  struct Step {
    std::size_t line, word;
    std::string_view css;
  };
  for (const Step& it : {Step{14, 14, "k"}, Step{20, 12, "w12"}, Step{60, 17, "w17"}}) {
    if (most.line <= it.line && most.word <= it.word) return it.css;
  }
  return most.line <= 60 ? "w17" : "w26";
}

}  // namespace

Markup table(const TableText& text, const std::vector<Row>& rows, std::uint64_t cut) {
  if (rows.empty()) return html("<p class=\"none\">{}</p>\n", text.empty);
  Markup out = html(
      "<section class=\"scroll\" tabindex=\"0\" aria-label=\"{0}\"{1}>\n<table class=\"sort\">\n"
      "<caption>{0}</caption>\n<thead><tr>",
      text.caption, text.id.empty() ? Markup{} : html(" id=\"{}\"", text.id));
  std::vector<std::string_view> classes;
  for (std::size_t i = 0; i < text.columns.size(); ++i) {
    classes.push_back(column_class(rows, i));
    out += html("<th scope=\"col\" class=\"{}\">{}</th>", classes[i], text.columns[i]);
  }
  out += html("</tr></thead>\n<tbody>\n");
  for (const Row& row : rows) {
    out += row.id.empty() ? html("<tr>") : html("<tr id=\"{}\">", row.id);
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const Cell& it = row.cells[i];
      const Markup key = it.key.empty() ? Markup{} : html(" data-k=\"{}\"", it.key);
      out += html("<td class=\"{}\"{}>{}</td>", classes[i], key, it.inside);
    }
    out += html("</tr>\n");
  }
  out += html("</tbody>\n</table>\n</section>\n");
  return out + cut_note(cut, cut == 1 ? "row" : "rows");
}

}  // namespace pcapaudit
