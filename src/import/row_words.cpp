#include "import/row_words.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "import/draft.hpp"
#include "import/words.hpp"

namespace pcapaudit {

std::optional<Arrow> arrow_in(const std::string& cell) {
  struct Sign {
    std::string_view text;
    bool right, left;
  };
  constexpr Sign signs[] = {{"<-->", true, true}, {"<->", true, true},  {"<=>", true, true},
                            {"↔", true, true},    {"⇔", true, true},    {"⟷", true, true},
                            {"-->", true, false}, {"->", true, false},  {"=>", true, false},
                            {"→", true, false},   {"⇒", true, false},   {"⟶", true, false},
                            {"➔", true, false},   {"<--", false, true}, {"<-", false, true},
                            {"←", false, true},   {"⇐", false, true}};
  for (const Sign& sign : signs) {
    const std::size_t at = cell.find(sign.text);
    if (at == std::string::npos) continue;
    Arrow arrow{
        .ends = {.from = tidy(cell.substr(0, at)), .to = tidy(cell.substr(at + sign.text.size()))},
        .both_ways = sign.right && sign.left};
    if (!sign.right) std::swap(arrow.ends.from, arrow.ends.to);
    return arrow;
  }
  return std::nullopt;
}

Way way_of(const std::string& cell) {
  const auto words = words_of(fold(cell));
  if (words.empty() && cell.find("↔") == std::string::npos) return Way::none;
  const bool in = has_word(words, {"inbound", "ingress", "in", "incoming", "eingehend", "entrant",
                                   "entrante", "ingresso", "受信", "入站", "輸入", "输入"});
  const bool out = has_word(words, {"outbound", "egress", "out", "outgoing", "ausgehend", "sortant",
                                    "saliente", "uscita", "送信", "出站", "輸出", "输出"});
  const bool both =
      has_word(words, {"both", "bidirectional", "beide", "bidirektional", "双方向", "双向", "雙向",
                       "bidirectionnel", "bidireccional", "bidirezionale"}) ||
      cell.find("↔") != std::string::npos;
  constexpr std::size_t most = 3;
  if (words.size() > most) return Way::unknown;
  if (in && out) return Way::perspective;
  if (both) return Way::both;
  if (in) return Way::inbound;
  if (out) return Way::outbound;
  return Way::unknown;
}

Action action_of(const std::string& cell) {
  const auto words = words_of(fold(cell));
  if (has_word(words, {"deny",    "denied",   "block",      "blocked",    "drop",
                       "reject",  "refuse",   "verweigern", "blockieren", "verboten",
                       "refuser", "interdit", "denegar",    "bloquear",   "nega",
                       "blocca",  "拒否",     "拒绝",       "拒絕",       "禁止"})) {
    return Action::denied;
  }
  if (has_word(words, {"allow", "allowed", "permit", "permitted", "accept", "pass", "yes", "open",
                       "zulassen", "erlauben", "erlaubt", "autoriser", "permitir", "consenti",
                       "許可", "允许", "允許"})) {
    return Action::allowed;
  }
  return Action::unknown;
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t longest_quote = 500;
  return shorten_utf8(text, longest_quote);
}

std::string all_cells(const TableRow& row) {
  std::vector<std::string> cells;
  for (const DocumentCell& it : row.cells) cells.push_back(one_line(it.text));
  return fmt::format("{}", fmt::join(cells, " | "));
}

bool is_heading(const TableRow& row) {
  const std::string& first = row.text(0);
  return !first.empty() && row.cells.size() > 1 &&
         std::all_of(row.cells.begin() + 1, row.cells.end(),
                     [&](const DocumentCell& it) { return it.text.empty() || it.text == first; });
}

std::string account_of(const ImportedRow& row, const Ends& ends) {
  std::vector<std::string_view> transports;
  for (const Transport it : row.transports) transports.push_back(to_text(it));
  return fmt::format("{}:{}: \"{}\" is {}, \"{}\" is {}; {} {}; {}{}{}{}", row.file, row.line,
                     one_line(ends.from), fmt::join(row.from, " and "), one_line(ends.to),
                     fmt::join(row.to, " and "), fmt::join(transports, " and "), to_text(row.ports),
                     row.app,
                     row.mutual ? " with mutual TLS"
                     : row.tls  ? " with TLS"
                                : "",
                     row.min_tls.empty() ? "" : " of at least ", row.min_tls);
}

}  // namespace pcapaudit
