// Capirca and Aerleon: terms of .pol files, networks of .net, services of .svc.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <pcapaudit/base/ip.hpp>

#include "import/policies/foreign_policy.hpp"

namespace pcapaudit {
namespace {

constexpr const char* left_out = "the row is left out";
constexpr int deepest_name = 16;             // names of names
constexpr std::size_t most_values = 10'000;  // of one name, through all names in it

using Words = std::vector<std::string>;

Words words_of(std::string_view text) {
  Words words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t\r\n,", at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n,", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::string_view without_comment(std::string_view line) {
  return line.substr(0, line.find('#'));
}

struct Term {
  std::uint32_t line = 0;
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;
};

class Aerleon {
 public:
  Aerleon(std::string_view text, ForeignPolicy& out) : text_(text), out_(out) {
    is_own_ = text.find("pcapaudit export") != std::string_view::npos;
  }

  void read() {
    while (at_ < text_.size()) read_line();
    for (const Term& term : terms_) read_term(term);
    if (count_ > 0)
      out_.remark(
          1,
          fmt::format("terms name no application; app = \"unknown\" is written in {} rows", count_),
          no_app_hint);
  }

 private:
  std::string_view next_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = std::min(end + 1, text_.size());
    ++line_;
    return line;
  }

  void read_line() {
    const std::size_t begin = at_;
    const std::string_view line = without_comment(next_line());
    const Words words = words_of(line);
    if (words.empty()) return;
    if (words[0] == "header" || words[0] == "term") {
      at_ = begin;
      --line_;
      read_block(words);
      return;
    }
    if (words[0] == "#include" || words[0] == "include") {
      out_.remark(line_, "an included file is not read", "give it as a document as well");
      return;
    }
    const std::size_t sign = line.find('=');
    if (sign != std::string_view::npos) {
      name_ = words_of(line.substr(0, sign)).empty() ? "" : words_of(line.substr(0, sign)).front();
      add_definition(line.substr(sign + 1));
    } else if (!name_.empty() && (line.starts_with(' ') || line.starts_with('\t'))) {
      add_definition(line);
    } else {
      out_.remark(line_, "the line is not understood", "");
    }
  }
  void add_definition(std::string_view values) {
    auto& list = definitions_[name_];
    for (std::string& word : words_of(values)) list.push_back(std::move(word));
  }

  // "term name { key:: value ... }"; quotes hold line ends and braces.
  void read_block(const Words& words) {
    Term term{.line = line_ + 1, .name = words.size() > 1 ? words[1] : "", .fields = {}};
    const bool is_term = words[0] == "term";
    std::size_t at = text_.find('{', at_);
    if (at == std::string_view::npos) at = text_.size() - 1;
    ++at;
    std::size_t close = 0;
    while (at < text_.size() && text_[at] != '}') {
      if (text_[at] == '#') at = std::min(text_.find('\n', at), text_.size());
      const std::size_t sign = text_.find("::", at);
      if (close < at) close = text_.find('}', at);
      if (sign == std::string_view::npos || close < sign) {
        at = std::min(close, text_.size());
        break;
      }
      const Words before = words_of(text_.substr(at, sign - at));
      std::size_t value = text_.find_first_not_of(" \t", sign + 2);
      if (value == std::string_view::npos) value = text_.size();
      std::size_t end = 0;
      std::string content;
      if (value < text_.size() && text_[value] == '"') {
        end = std::min(text_.find('"', value + 1), text_.size());
        content = text_.substr(value + 1, end - value - 1);
        end = std::min(end + 1, text_.size());
      } else {
        end = std::min(text_.find_first_of("\n}", value), text_.size());
        content = without_comment(text_.substr(value, end - value));
      }
      if (!before.empty()) term.fields.emplace_back(before.back(), std::move(content));
      at = end;
    }
    at = std::min(at + 1, text_.size());
    line_ += static_cast<std::uint32_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                   text_.begin() + static_cast<std::ptrdiff_t>(at),
                                                   '\n'));
    at_ = at;
    name_.clear();
    if (is_term) terms_.push_back(std::move(term));
  }

  // The values of a name; what is no name is a value.
  void resolve(const std::string& name, Words& values, int depth) {
    if (budget_ == 0) return;
    if (--budget_ == 0)
      out_.remark(line_, "names stand for too many others; not all of them are followed",
                  "divide the files");
    const auto found = definitions_.find(name);
    if (found == definitions_.end()) {
      values.push_back(name);
      return;
    }
    if (depth > deepest_name) return;
    for (const std::string& it : found->second) {
      if (values.size() >= most_values) return;
      if (it == name)
        values.push_back(it);
      else
        resolve(it, values, depth + 1);
    }
  }

  bool refuse(const Term& term, const std::string& why, const char* hint = left_out) {
    out_.remark(term.line, fmt::format("term {}: {}", term.name, why), hint);
    return false;
  }

  Words roles_of(const Term& term, const std::string& names) {
    Words roles;
    for (const std::string& name : words_of(names)) {
      if (is_own_) {
        roles.push_back(out_.own_role(name));
        bind_own(roles.back(), name);
        continue;
      }
      if (name == "ANY" || name == "any") {
        roles.emplace_back("any");
        continue;
      }
      Words values, addresses;
      if (definitions_.contains(name)) resolve(name, values, 0);
      for (const std::string& value : values) {
        if (Subnet::parse(value))
          addresses.push_back(value);
        else
          refuse(term, fmt::format("\"{}\" of {} is no network", value, name), "it is not bound");
      }
      if (const auto network = out_.role_of_address(name)) {
        roles.push_back(*network);
        continue;
      }
      if (values.empty())
        refuse(term, fmt::format("{} is defined in none of the files", name),
               "give its .net file, or bind it");
      roles.push_back(out_.role(name, addresses));
    }
    return roles;
  }
  void bind_own(const std::string& role, const std::string& name) {
    Words values;
    if (definitions_.contains(name)) resolve(name, values, 0);
    if (!out_.roles().contains(role)) return;
    for (const std::string& value : values) {
      if (Subnet::parse(value)) out_.bind(role, value);
    }
  }

  // Ports of services for one protocol; false when a service is not known.
  bool take_ports(const Term& term, const std::string& names, const std::string& protocol,
                  PortRanges& ranges) {
    for (const std::string& name : words_of(names)) {
      Words values;
      resolve(name, values, 0);
      for (const std::string& value : values) {
        const std::size_t slash = value.find('/');
        if (slash != std::string::npos && value.substr(slash + 1) != protocol) continue;
        const PortRanges read = ports_in(value.substr(0, slash));
        if (read.empty()) return refuse(term, fmt::format("service {} is not known", value));
        ranges.insert(ranges.end(), read.begin(), read.end());
      }
    }
    return true;
  }

  struct Said {
    std::string source, target, ports, protocols, action, comment, owner, expires;
    bool has_source = false, has_target = false, is_answer = false;
    std::map<std::string, std::string> own;
  };

  bool take_field(const Term& term, const std::string& key, const std::string& value, Said& said) {
    const auto add = [&](std::string& to) { to += (to.empty() ? "" : " ") + value; };
    if (key == "source-address") {
      said.has_source = true;
      add(said.source);
    } else if (key == "destination-address") {
      said.has_target = true;
      add(said.target);
    } else if (key == "destination-port") {
      add(said.ports);
    } else if (key == "protocol") {
      add(said.protocols);
    } else if (key == "action") {
      add(said.action);
    } else if (key == "owner") {
      add(said.owner);
    } else if (key == "expiration") {
      add(said.expires);
    } else if (key == "comment") {
      constexpr std::string_view mark = "pcapaudit ";
      const std::size_t colon = value.find(": ");
      if (is_own_ && value.starts_with(mark) && colon != std::string::npos)
        said.own[value.substr(mark.size(), colon - mark.size())] = value.substr(colon + 2);
      else
        add(said.comment);
    } else if (key == "option") {
      const bool is_answer = value.find("established") != std::string::npos;
      said.is_answer = said.is_answer || is_answer;
      if (!is_answer) return refuse(term, fmt::format("option {} cannot be said", value));
    } else if (key != "logging" && key != "counter" && key != "log-name" && key != "log_name" &&
               key != "name" && key != "platform" && key != "platform-exclude" &&
               key != "timeout") {
      return refuse(term, fmt::format("{} cannot be said", key));
    }
    return true;
  }

  void read_term(const Term& term) {
    Said said;
    for (const auto& [key, value] : term.fields) {
      if (!take_field(term, key, value, said)) return;
    }
    const Words action = words_of(said.action);
    if (action.size() != 1 || action[0] != "accept") {
      refuse(term, fmt::format("action {}: a policy lists what is allowed", said.action));
      return;
    }
    if (said.is_answer) {
      refuse(term, "answers of flows that are allowed need no row");
      return;
    }
    ImportedRow row;
    row.line = term.line;
    row.id = term.name;
    row.from = said.has_source ? roles_of(term, said.source) : Words{"any"};
    row.to = said.has_target ? roles_of(term, said.target) : Words{"any"};
    row.why = said.comment;
    row.owner = said.owner;
    if (const Words date = words_of(said.expires);
        date.size() == 1 && date[0].size() == 10 && !is_own_) {
      row.review = date[0];
      refuse(term, fmt::format("it ends on {}, and rows do not end", date[0]),
             "that day is written as its review");
    }
    if (row.from.empty() || row.to.empty()) {
      refuse(term, "an end is empty");
      return;
    }
    write_rows(term, said, std::move(row));
  }

  void write_rows(const Term& term, const Said& said, ImportedRow row) {
    std::map<std::string, PortRanges> by_protocol;
    for (const std::string& protocol : words_of(said.protocols)) {
      const auto transport = parse_transport(protocol == "icmpv6" ? "icmp" : protocol);
      if (!transport) {
        refuse(term, fmt::format("protocol \"{}\" is not understood", protocol));
        return;
      }
      PortRanges ranges;
      if (has_ports(*transport) && !said.ports.empty() &&
          !take_ports(term, said.ports, protocol, ranges))
        return;
      if (has_ports(*transport) && said.ports.empty()) ranges = {every_port};
      if (has_ports(*transport) && ranges.empty()) {
        refuse(term, fmt::format("no service of it is for {}", protocol));
        return;
      }
      by_protocol[std::string(to_text(*transport))] = ranges;
    }
    if (by_protocol.empty()) {
      if (!said.ports.empty()) {
        refuse(term, "ports without a protocol");
        return;
      }
      allow_all_ports(row, out_);
      by_protocol = {{"tcp", row.ports}, {"udp", row.ports}};
    }
    std::map<std::string, std::vector<std::string>> by_ports;  // protocols, by their ports
    for (const auto& [protocol, ranges] : by_protocol)
      by_ports[to_text(ranges)].push_back(protocol);
    for (const auto& [text, protocols] : by_ports) {
      ImportedRow one = row;
      one.ports = by_protocol[protocols.front()];
      one.transports.clear();
      for (const std::string& it : protocols) one.transports.push_back(*parse_transport(it));
      const bool needs_app =
          std::any_of(one.transports.begin(), one.transports.end(),
                      [](Transport it) { return it == Transport::tcp || it == Transport::udp; });
      one.app = needs_app ? "unknown" : "";
      if (needs_app && !is_own_) ++count_;
      if (is_own_ && !read_exported_fields(said.own, term.line, one, out_)) continue;
      out_.add(std::move(one));
    }
  }

  std::string_view text_;
  ForeignPolicy& out_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 0;
  bool is_own_ = false;
  std::string name_;  // that is defined
  std::map<std::string, Words> definitions_;
  std::vector<Term> terms_;
  std::size_t count_ = 0;
  std::size_t budget_ = 2'000'000;  // names to follow in all: lists of lists grow without bound
};

}  // namespace

void read_aerleon(std::string_view text, ForeignPolicy& out) {
  Aerleon(text, out).read();
}

}  // namespace pcapaudit
