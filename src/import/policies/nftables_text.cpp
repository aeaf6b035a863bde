// nftables rulesets as `nft list ruleset` shows them and as files of `nft -f` hold them.
#include <algorithm>

#include "import/policies/filter_rules.hpp"

namespace pcapaudit {
namespace {

struct Token {
  std::string text;
  std::uint32_t line = 0;
  bool quoted = false;
  bool is(std::string_view word) const { return !quoted && text == word; }
};

// Words, quoted texts, and the signs { } ; , and a line's end, which ends a statement.
std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::uint32_t line = 1;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++line;
      i += 2;
    } else if (c == '\n') {
      tokens.push_back({.text = ";", .line = line++});
      ++i;
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (c == '"') {
      const std::size_t end = std::min(text.find('"', i + 1), text.size());
      const std::string_view inside = text.substr(i + 1, end - i - 1);
      tokens.push_back({.text = std::string(inside), .line = line, .quoted = true});
      line += static_cast<std::uint32_t>(std::count(inside.begin(), inside.end(), '\n'));
      i = std::min(end + 1, text.size());
    } else if (c == '{' || c == '}' || c == ';' || c == ',') {
      tokens.push_back({.text = std::string(1, c), .line = line});
      ++i;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++i;
    } else {
      const std::size_t end = std::min(text.find_first_of(" \t\r\n{};,\"#", i), text.size());
      tokens.push_back({.text = std::string(text.substr(i, end - i)), .line = line});
      i = end;
    }
  }
  return tokens;
}

class Ruleset {
 public:
  explicit Ruleset(std::string_view text, ForeignPolicy& out)
      : tokens_(tokens_of(text)), out_(out) {}

  void read() {
    while (at_ < tokens_.size()) {
      if (tokens_[at_].is("table")) {
        read_table();
      } else {
        skip_statement(true);
      }
    }
    filter_to_rows(filter_, out_);
  }

 private:
  bool more() const { return at_ < tokens_.size(); }
  const Token& now() const {
    static const Token none{.text = ";", .line = 0};
    return at_ < tokens_.size() ? tokens_[at_] : none;
  }
  std::string take() { return at_ < tokens_.size() ? tokens_[at_++].text : std::string(); }

  void skip_statement(bool told) {
    const Token& first = now();
    const bool is_empty = first.is(";") || first.is("}");
    const bool is_plain = first.is("flush") || first.is("delete") || first.is("add");
    if (told && !is_empty && !is_plain)
      out_.remark(first.line, "\"" + first.text + "\" is not read",
                  "it may stand for addresses or rules");
    int depth = 0;
    while (more()) {
      if (now().is("{")) ++depth;
      if (now().is("}") && --depth < 0) break;
      const bool ends = now().is(";") && depth <= 0;
      ++at_;
      if (ends) break;
    }
    if (now().is("}") && depth < 0) ++at_;
  }

  void read_table() {
    ++at_;
    std::string name;
    while (more() && !now().is("{") && !now().is(";")) name = take();
    filter_.is_own = filter_.is_own || name == "pcapaudit_documented";
    if (!now().is("{")) return;
    ++at_;
    while (more() && !now().is("}")) {
      if (now().is("chain"))
        read_chain();
      else if (now().is("set"))
        read_set();
      else if (now().is(";"))
        ++at_;
      else
        skip_block();
    }
    ++at_;
  }

  // A map, a counter: what may be used in rules, and then is not understood there.
  void skip_block() {
    int depth = 0;
    while (more()) {
      if (now().is("{")) ++depth;
      if (now().is("}")) {
        if (depth == 0) return;
        --depth;
      }
      const bool ends = now().is(";") && depth == 0;
      ++at_;
      if (ends) return;
    }
  }

  void read_set() {
    ++at_;
    const std::string name = take();
    auto& elements = filter_.sets[name];
    if (!now().is("{")) return;
    ++at_;
    while (more() && !now().is("}")) {
      if (!now().is("elements")) {
        ++at_;
        continue;
      }
      at_ += 2;  // elements =
      for (const std::string& it : take_values()) elements.push_back(it);
    }
    ++at_;
  }

  void read_chain() {
    ++at_;
    const std::string name = take();
    filter_.chains[name].line = now().line;
    if (!now().is("{")) return;
    ++at_;
    while (more() && !now().is("}")) {
      if (now().is(";"))
        ++at_;
      else if (now().is("type"))
        read_hook(filter_.chains[name]);
      else if (now().is("policy"))
        read_policy(filter_.chains[name]);
      else
        filter_.rules.push_back(read_rule(name));
    }
    ++at_;
  }

  void read_hook(FilterChain& chain) {
    bool is_filter = false;
    while (more() && !now().is(";") && !now().is("}")) {
      const std::string word = take();
      is_filter = is_filter || word == "filter";
      if (word == "hook") chain.hook = take();
    }
    if (!is_filter) chain.hook.clear();
    if (!chain.hook.empty() && chain.policy.empty()) chain.policy = "accept";  // nft(8)
  }
  void read_policy(FilterChain& chain) {
    ++at_;
    chain.policy = take();
  }

  // "{ a, b }", "a, b", "a"
  std::vector<std::string> take_values() {
    std::vector<std::string> values;
    const bool braces = now().is("{");
    if (braces) ++at_;
    while (more()) {
      if (now().is("}")) {
        if (braces) ++at_;
        break;
      }
      if (now().is(";")) {
        if (!braces) break;
        ++at_;
        continue;
      }
      values.push_back(take());
      if (now().is(",")) {
        ++at_;
        while (now().is(";") && more()) ++at_;  // a list goes on behind a comma
      } else if (!braces) {
        break;
      }
    }
    return values;
  }

  FilterMatch take_match(FilterField field) {
    FilterMatch match{.field = field, .negated = false, .values = {}};
    if (now().is("!=")) match.negated = true;
    if (now().is("!=") || now().is("==")) ++at_;
    match.values = take_values();
    return match;
  }

  FilterRule read_rule(const std::string& chain) {
    FilterRule rule{.line = now().line,
                    .chain = chain,
                    .matches = {},
                    .verdict = {},
                    .target = {},
                    .comment = {}};
    while (more() && !now().is(";") && !now().is("}")) read_expression(rule);
    return rule;
  }

  static bool is_ported(const std::string& word) {
    return word == "tcp" || word == "udp" || word == "sctp" || word == "dccp" || word == "udplite";
  }

  void read_expression(FilterRule& rule) {
    const std::string first = take();
    const auto add = [&](FilterMatch match) { rule.matches.push_back(std::move(match)); };
    const auto add_transport = [&](const std::string& name) {
      add({.field = FilterField::transport, .negated = false, .values = {name}});
    };
    if (first == "accept" || first == "drop" || first == "reject") {
      rule.verdict = first;
      if (first == "reject")
        while (more() && !now().is(";") && !now().is("}") && !now().is("comment")) ++at_;
    } else if (first == "jump" || first == "goto") {
      rule.verdict = "jump";
      rule.target = take();
    } else if (first == "comment") {
      rule.comment = take();
    } else if (first == "counter") {
      while (now().is("packets") || now().is("bytes")) at_ += 2;
    } else if ((first == "ip" || first == "ip6") && (now().is("saddr") || now().is("daddr"))) {
      const bool is_source = take() == "saddr";
      add(take_match(is_source ? FilterField::source : FilterField::destination));
    } else if ((first == "ip" && now().is("protocol")) || (first == "ip6" && now().is("nexthdr")) ||
               (first == "meta" && now().is("l4proto"))) {
      ++at_;
      add(take_match(FilterField::transport));
    } else if (first == "meta" && now().is("nfproto") && filter_.is_own) {
      at_ += 2;
    } else if (is_ported(first) && (now().is("dport") || now().is("sport"))) {
      add_transport(first);
      const bool is_source = take() == "sport";
      add(take_match(is_source ? FilterField::source_port : FilterField::port));
    } else if (first == "th" && now().is("dport")) {
      ++at_;
      add(take_match(FilterField::port));
    } else if (first == "ct" && now().is("state")) {
      ++at_;
      add(take_match(FilterField::state));
    } else if (first == "iif" || first == "iifname" || first == "oif" || first == "oifname") {
      add(take_match(FilterField::interface));
    } else if (first == "log") {
      while (now().is("prefix") || now().is("level") || now().is("group")) at_ += 2;
    } else {
      std::string what = first;
      if (!now().is(";") && !now().is("}") && !now().is("{")) what += " " + now().text;
      if (now().is("{"))
        take_values();
      else if (more() && !now().is(";") && !now().is("}"))
        ++at_;
      add({.field = FilterField::other, .negated = false, .values = {what}});
    }
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  ForeignPolicy& out_;
  Filter filter_;
};

}  // namespace

void read_nftables_text(std::string_view text, ForeignPolicy& out) {
  Ruleset(text, out).read();
}

}  // namespace pcapaudit
