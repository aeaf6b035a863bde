#include "import/row_words.hpp"

#include <utility>

#include "import/tables/document.hpp"
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

}  // namespace pcapaudit
