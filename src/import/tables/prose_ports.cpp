// Ports of which sentences speak: nobody reads them as rows, and each line of them is named.
#include <algorithm>
#include <charconv>

#include "import/tables/document.hpp"
#include "import/words.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t most_told = 100;  // lines of one document; the others are counted
constexpr std::size_t quoted = 160;     // bytes of a line

// A line of HTML without its tags.
std::string without_tags(std::string_view line) {
  std::string out;
  bool inside = false;
  for (const char c : line) {
    if (c == '<') inside = true;
    if (!inside) out += c;
    if (c == '>') inside = false;
  }
  return out;
}

bool is_port(std::string_view word) {
  unsigned port = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), port);
  return parsed.ec == std::errc{} && parsed.ptr == word.data() + word.size() && word.size() >= 2 &&
         port >= 20 && port <= 65'535;
}

bool names_ports(const std::string& word) {
  return has_word({word}, {"tcp", "udp", "sctp", "port", "ports", "puerto", "puertos", "porta",
                           "porte", "portas", "連接埠", "端口", "通訊埠", "ポート"});
}

// Numbers behind or before a word for ports, with no more than a word between.
std::vector<std::string> ports_of(const std::string& text) {
  const std::vector<std::string> words = words_of(fold(text));
  std::vector<std::string> ports;
  constexpr std::size_t reach = 2;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_port(words[i])) continue;
    const std::size_t begin = i < reach ? 0 : i - reach;
    const std::size_t end = std::min(i + reach + 1, words.size());
    const bool near = std::any_of(words.begin() + static_cast<std::ptrdiff_t>(begin),
                                  words.begin() + static_cast<std::ptrdiff_t>(end), names_ports);
    // 2013 is a year, but for "TCP/2013".
    const bool is_year =
        words[i].size() == 4 && (words[i].starts_with("19") || words[i].starts_with("20"));
    const bool is_named = i > 0 && names_ports(words[i - 1]);
    if (near && (!is_year || is_named) &&
        std::find(ports.begin(), ports.end(), words[i]) == ports.end())
      ports.push_back(words[i]);
  }
  return ports;
}

}  // namespace

void remark_prose_ports(std::string_view text, Document& document) {
  std::vector<DocumentRemark> told;
  std::size_t untold = 0;
  std::uint32_t number = 0, in_table_until = 0;
  bool in_html_table = false, in_script = false;
  std::size_t next = 0;  // table
  while (!text.empty()) {
    ++number;
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string small = fold(line.substr(0, std::min<std::size_t>(line.size(), 4096)));
    const auto has = [&](std::string_view part) { return small.find(part) != std::string::npos; };
    if (has("<table")) in_html_table = true;
    if (has("<script") || has("<style")) in_script = true;
    while (next < document.tables.size() && document.tables[next].line <= number) {
      const DocumentTable& table = document.tables[next++];
      in_table_until =
          std::max(in_table_until, table.rows.empty() ? table.line : table.rows.back().line);
    }
    const bool skipped = in_html_table || in_script || number <= in_table_until;
    if (has("</table")) in_html_table = false;
    if (has("</script") || has("</style")) in_script = false;
    if (skipped) continue;
    const std::string shown = tidy(without_tags(line));
    const std::vector<std::string> ports = ports_of(shown);
    if (ports.empty()) continue;
    if (told.size() >= most_told) {
      ++untold;
      continue;
    }
    std::string list;
    for (const std::string& it : ports) list += (list.empty() ? "" : ", ") + it;
    std::size_t end = std::min(shown.size(), quoted);
    while (end < shown.size() && end > 0 &&
           (static_cast<unsigned char>(shown[end]) & 0xc0U) == 0x80)
      --end;
    told.push_back({.line = number,
                    .what = "ports " + list + " stand in text, not read: \"" +
                            shown.substr(0, end) + (end < shown.size() ? " ...\"" : "\""),
                    .hint = "write a row with basis = \"prose\" where the sentence allows a flow"});
  }
  if (untold > 0)
    told.push_back(
        {.line = number,
         .what = std::to_string(untold) + " more lines of text speak of ports, and are not read",
         .hint = {}});
  document.prose += told.size();
  document.remarks.insert(document.remarks.end(), told.begin(), told.end());
}

}  // namespace pcapaudit
