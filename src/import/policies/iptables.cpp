// iptables-save and ip6tables-save: a rule is a line of options.
#include <optional>

#include "import/policies/filter_rules.hpp"

namespace pcapaudit {
namespace {

// Words of a line; quotes hold blanks, a backslash the sign behind it.
std::vector<std::string> words_of_line(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, open = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && i + 1 < line.size()) {
      word += line[++i];
      open = true;
    } else if (c == '"') {
      quoted = !quoted;
      open = true;
    } else if ((c == ' ' || c == '\t' || c == '\r') && !quoted) {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(std::move(word));
  return words;
}

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> list;
  std::size_t begin = 0;
  for (std::size_t at = 0; (at = text.find(',', begin)) != std::string::npos; begin = at + 1)
    list.push_back(text.substr(begin, at - begin));
  list.push_back(text.substr(begin));
  return list;
}

std::string small(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

struct Option {
  std::string_view name;
  FilterField field;
};
constexpr Option with_value[] = {{"-s", FilterField::source},
                                 {"--source", FilterField::source},
                                 {"-d", FilterField::destination},
                                 {"--destination", FilterField::destination},
                                 {"-p", FilterField::transport},
                                 {"--protocol", FilterField::transport},
                                 {"--dport", FilterField::port},
                                 {"--dports", FilterField::port},
                                 {"--destination-port", FilterField::port},
                                 {"--sport", FilterField::source_port},
                                 {"--sports", FilterField::source_port},
                                 {"--source-port", FilterField::source_port},
                                 {"--state", FilterField::state},
                                 {"--ctstate", FilterField::state},
                                 {"-i", FilterField::interface},
                                 {"-o", FilterField::interface}};

FilterMatch match_of(FilterField field, bool negated, const std::string& value) {
  FilterMatch match{.field = field, .negated = negated, .values = list_of(value)};
  if (field == FilterField::state || field == FilterField::transport) {
    for (std::string& it : match.values) it = small(it);
  }
  if (field == FilterField::transport && value == "all") match.values.clear();
  return match;
}

// Matches without options of their own, and -m of those that have some.
bool is_known_module(const std::string& name) {
  return name == "tcp" || name == "udp" || name == "sctp" || name == "dccp" ||
         name == "multiport" || name == "state" || name == "conntrack" || name == "comment" ||
         name == "set";
}

FilterRule read_rule(const std::vector<std::string>& words, std::uint32_t line) {
  FilterRule rule{.line = line,
                  .chain = words.at(1),
                  .matches = {},
                  .verdict = {},
                  .target = {},
                  .comment = {}};
  bool negated = false;
  const auto other = [&](std::string what) {
    rule.matches.push_back(
        {.field = FilterField::other, .negated = false, .values = {std::move(what)}});
  };
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string value = i + 1 < words.size() ? words[i + 1] : std::string();
    const Option* option = nullptr;
    for (const Option& it : with_value) {
      if (it.name == word) option = &it;
    }
    if (word == "!") {
      negated = true;
      continue;
    }
    if (option != nullptr) {
      FilterMatch match = match_of(option->field, negated, value);
      if (!match.values.empty()) rule.matches.push_back(std::move(match));
      ++i;
    } else if (word == "-m" || word == "--match") {
      if (!is_known_module(value)) other("match " + value);
      ++i;
    } else if (word == "--match-set" && i + 2 < words.size()) {
      const std::string& side = words[i + 2];
      if (side == "src" || side == "dst") {
        rule.matches.push_back(
            {.field = side == "src" ? FilterField::source : FilterField::destination,
             .negated = negated,
             .values = {"@" + value}});
      } else {
        other("match-set " + value + " " + side);
      }
      i += 2;
    } else if (word == "--comment") {
      rule.comment = value;
      ++i;
    } else if (word == "-j" || word == "-g") {
      const std::string target = small(value);
      const bool is_verdict = target == "accept" || target == "drop" || target == "reject";
      rule.verdict = is_verdict ? target : "jump";
      rule.target = value;
      break;  // options of the target
    } else {
      other(word);
    }
    negated = false;
  }
  return rule;
}

}  // namespace

void read_iptables(std::string_view text, ForeignPolicy& out) {
  Filter filter;
  std::string table = "filter";
  std::uint32_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with('*')) {
      table = words_of_line(line.substr(1)).empty() ? "" : words_of_line(line.substr(1)).front();
      if (table != "filter")
        out.remark(number, "table " + table + " is not read: it allows nothing", "");
      continue;
    }
    if (table != "filter" || line.empty() || line.starts_with('#')) continue;
    const std::vector<std::string> words = words_of_line(line);
    if (words.empty() || words.front() == "COMMIT") continue;
    if (words.front().starts_with(':') && words.size() > 1) {
      const std::string name = words.front().substr(1);
      const bool is_base = words[1] != "-";
      filter.chains[name] = {.line = number,
                             .hook = is_base ? small(name) : "",
                             .policy = is_base ? small(words[1]) : ""};
      continue;
    }
    std::vector<std::string> rule = words;
    if (rule.front().starts_with('[')) rule.erase(rule.begin());  // counters
    if (rule.size() > 2 && rule.front() == "-A") {
      filter.rules.push_back(read_rule(rule, number));
    } else {
      out.remark(number, "the line is not understood", "the row is left out");
    }
  }
  filter_to_rows(filter, out);
}

}  // namespace pcapaudit
