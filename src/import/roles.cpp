#include "import/roles.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <pcapaudit/base/ip.hpp>

#include "base/digest.hpp"
#include "import/words.hpp"
#include "policy/policy.hpp"

namespace pcapaudit {
namespace {

enum class Sense : std::uint8_t {
  filler,
  inside,
  outside,
  any,
  proxy,
  edge,
  front,
  director,
  office,
  client,
  cms
};
struct Morpheme {
  std::string_view text;
  Sense sense;
};
// What the names of the built-in documentation's roles are made of, in its languages. A name is one
// of these roles only when all of it is made of them: "Edge router" is not.
constexpr Morpheme morphemes[] = {
    {"reverseproxy", Sense::proxy},
    {"リバースプロキシ", Sense::proxy},
    {"反向代理", Sense::proxy},
    {"edge", Sense::edge},
    {"エッジ", Sense::edge},
    {"邊緣", Sense::edge},
    {"边缘", Sense::edge},
    {"perimetrale", Sense::edge},
    {"perimetral", Sense::edge},
    {"frontend", Sense::front},
    {"フロントエンド", Sense::front},
    {"前端", Sense::front},
    {"director", Sense::director},
    {"directors", Sense::director},
    {"directores", Sense::director},
    {"ディレクター", Sense::director},
    {"控制器", Sense::director},
    {"officewebapps", Sense::office},
    {"officewebanwendungen", Sense::office},
    {"client", Sense::client},
    {"clients", Sense::client},
    {"クライアント", Sense::client},
    {"用戶端", Sense::client},
    {"客户端", Sense::client},
    {"centralmanagement", Sense::cms},
    {"全体管理", Sense::cms},
    {"internal", Sense::inside},
    {"internally", Sense::inside},
    {"intern", Sense::inside},
    {"interne", Sense::inside},
    {"internen", Sense::inside},
    {"interna", Sense::inside},
    {"interni", Sense::inside},
    {"interno", Sense::inside},
    {"内部", Sense::inside},
    {"內部", Sense::inside},
    {"external", Sense::outside},
    {"extern", Sense::outside},
    {"externe", Sense::outside},
    {"externen", Sense::outside},
    {"esterna", Sense::outside},
    {"externa", Sense::outside},
    {"public", Sense::outside},
    {"外部", Sense::outside},
    {"any", Sense::any},
    {"anyone", Sense::any},
    {"beliebig", Sense::any},
    {"beliebige", Sense::any},
    {"qualsiasi", Sense::any},
    {"cualquiera", Sense::any},
    {"indifferente", Sense::any},
    {"任意", Sense::any},
    {"任何", Sense::any},
    {"任何一個", Sense::any},
    {"*", Sense::any},
    {"all", Sense::any},
    {"everyone", Sense::any},
    {"server", Sense::filler},
    {"servers", Sense::filler},
    {"servidor", Sense::filler},
    {"servidores", Sense::filler},
    {"サーバー", Sense::filler},
    {"伺服器", Sense::filler},
    {"服务器", Sense::filler},
    {"pool", Sense::filler},
    {"pools", Sense::filler},
    {"プール", Sense::filler},
    {"集區", Sense::filler},
    {"池", Sense::filler},
    {"grupo", Sense::filler},
    {"service", Sense::filler},
    {"services", Sense::filler},
    {"servizi", Sense::filler},
    {"dienst", Sense::filler},
    {"服務", Sense::filler},
    {"服务", Sense::filler},
    {"サービス", Sense::filler},
    {"web", Sense::filler},
    {"ip", Sense::filler},
    {"address", Sense::filler},
    {"addresses", Sense::filler},
    {"adresse", Sense::filler},
    {"interface", Sense::filler},
    {"schnittstelle", Sense::filler},
    {"interfaccia", Sense::filler},
    {"interfaz", Sense::filler},
    {"インターフェイス", Sense::filler},
    {"介面", Sense::filler},
    {"接口", Sense::filler},
    {"listener", Sense::filler},
    {"リスナー", Sense::filler},
    {"接聽程式", Sense::filler},
    {"侦听器", Sense::filler},
    {"agente", Sense::filler},
    {"escucha", Sense::filler},
    {"the", Sense::filler},
    {"of", Sense::filler},
    {"for", Sense::filler},
    {"für", Sense::filler},
    {"para", Sense::filler},
    {"per", Sense::filler},
    {"de", Sense::filler},
    {"del", Sense::filler},
    {"di", Sense::filler},
    {"la", Sense::filler},
    {"and", Sense::filler},
    {"or", Sense::filler},
    {"und", Sense::filler},
    {"oder", Sense::filler},
    {"o", Sense::filler},
    {"y", Sense::filler},
    {"或", Sense::filler},
    {"的", Sense::filler},
    {"の", Sense::filler},
    {"または", Sense::filler},
    {"conferencing", Sense::filler},
    {"konferenzen", Sense::filler},
    {"conferencias", Sense::filler},
    {"会議用", Sense::filler},
    {"會議", Sense::filler},
    {"适用于会议", Sense::filler},
    {"適用於會議", Sense::filler},
    {"access", Sense::filler},
    {"zugriffs", Sense::filler},
    {"webkonferenz", Sense::filler},
    {"av", Sense::filler},
    {"store", Sense::filler},
};

// Words that are one name together.
std::string joined_names(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"reverse proxy", "reverseproxy"},
      {"reverse-proxy", "reverseproxy"},
      {"proxy inverso", "reverseproxy"},
      {"proxy inverse", "reverseproxy"},
      {"反向 proxy", "reverseproxy"},
      {"front end", "frontend"},
      {"front-end", "frontend"},
      {"office web apps", "officewebapps"},
      {"office-webanwendungen", "officewebanwendungen"},
      {"office web apps", "officewebapps"},
      {"central management", "centralmanagement"},
      {"a/v", "av"}};
  for (const auto& [from, to] : names) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

// "y" is a word, and no part of one: "Directory" is no director.
bool is_short(std::string_view morpheme) {
  constexpr std::size_t longest = 3;
  return morpheme.size() <= longest && morpheme != "web" &&
         static_cast<unsigned char>(morpheme[0]) < 0x80;
}

// Takes the word apart; false when it is not made of morphemes alone. `reached[i]`: the first i
// bytes are, by which last one.
bool take_apart(std::string_view word, std::set<Sense>& senses) {
  constexpr std::size_t longest_word = 96;
  if (word.size() > longest_word) return false;
  std::array<const Morpheme*, longest_word + 1> by{};
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (at > 0 && by[at] == nullptr) continue;
    for (const Morpheme& it : morphemes) {
      if (!word.substr(at).starts_with(it.text)) continue;
      if (is_short(it.text) && it.text.size() != word.size()) continue;
      const std::size_t end = at + it.text.size();
      // The longest one wins: "interne" is no "intern" and more.
      if (by[end] == nullptr || by[end]->text.size() < it.text.size()) by[end] = &it;
    }
  }
  for (std::size_t end = word.size(); end > 0; end -= by[end]->text.size()) {
    if (by[end] == nullptr) return false;
    senses.insert(by[end]->sense);
  }
  return true;
}

std::vector<std::string> known_roles(const std::string& cell) {
  if (fold(cell) == "internet") return {"internet"};
  std::set<Sense> senses;
  std::vector<std::string> words = words_of(joined_names(fold(cell)));
  if (cell == "*") words = {"*"};
  for (const std::string& word : words) {
    if (!take_apart(word, senses)) return {};
  }
  const bool inside = senses.contains(Sense::inside), outside = senses.contains(Sense::outside);
  if (inside && outside) return {};
  std::vector<std::string> roles;
  if (senses.contains(Sense::proxy))
    roles.emplace_back(inside ? "reverse-proxy-int" : "reverse-proxy-ext");
  if (senses.contains(Sense::edge)) roles.emplace_back(inside ? "edge-int" : "edge-ext");
  if (senses.contains(Sense::front)) roles.emplace_back("front-end");
  if (senses.contains(Sense::director)) roles.emplace_back("director");
  if (senses.contains(Sense::office)) roles.emplace_back("office-web-apps");
  if (senses.contains(Sense::cms)) roles.emplace_back("cms");
  if (senses.contains(Sense::client)) {
    if (!inside || !roles.empty()) return {};
    roles.emplace_back("internal-clients");
  }
  if (senses.contains(Sense::any)) {
    const bool alone = roles.empty() && !inside && !outside && !senses.contains(Sense::client);
    const bool plain =
        words.size() <= 4 && !has_word(words, {"server", "servers", "service", "services", "pool",
                                               "store", "web", "access"});
    return alone && plain ? std::vector<std::string>{"any"} : std::vector<std::string>{};
  }
  return roles;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \n") - first + 1));
}

// At commas, semicolons and line ends; with `strong` false also at what may belong to a name.
std::vector<std::string> parts_of(std::string text) {
  for (const std::string_view sign : {"、", "，", ";", "\n"}) {
    for (std::size_t at = 0; (at = text.find(sign, at)) != std::string::npos;) {
      text.replace(at, sign.size(), ",");
    }
  }
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    if (std::string part = trimmed(std::string_view(text).substr(at, end - at)); !part.empty()) {
      parts.push_back(std::move(part));
    }
    at = end + 1;
  }
  return parts;
}

bool is_address(std::string_view word) {
  return Subnet::parse(word).has_value() || IpAddress::parse(word).has_value();
}

// Addresses among the words, and the text without them and the brackets around them.
struct Split {
  std::vector<std::string> addresses;
  std::string rest;
};
Split split_addresses(const std::string& cell) {
  Split split;
  std::string word;
  for (const char c : cell + " ") {
    const bool ends = c == ' ' || c == ',' || c == '\n' || c == '(' || c == ')' || c == ';';
    if (!ends) {
      word += c;
      continue;
    }
    if (!word.empty() && is_address(word)) {
      split.addresses.push_back(word);
      word.clear();
    }
    split.rest += word;
    split.rest += c;
    word.clear();
  }
  if (split.addresses.empty()) {
    split.rest = cell;
    return split;
  }
  for (const std::string_view empty : {"()", "( )", "(, )", "(,)"}) {
    for (std::size_t at = 0; (at = split.rest.find(empty)) != std::string::npos;) {
      split.rest.erase(at, empty.size());
    }
  }
  split.rest = trimmed(split.rest);
  if (split.rest.find_first_not_of(" ,;\n()") == std::string::npos) split.rest.clear();
  return split;
}

}  // namespace

std::string role_slug(const std::string& title) {
  constexpr std::size_t longest = 40;
  std::string name;
  for (const char c : fold(title)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept) name += c;
    if (!kept && !name.empty() && name.back() != '-') name += '-';
    if (name.size() >= longest) break;
  }
  while (name.ends_with('-')) name.pop_back();
  if (name.empty()) name = "role-" + sha256_hex(as_bytes(title)).substr(0, 6);
  return name;
}

namespace {

std::string in_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

bool is_builtin(const std::string& name) {
  const auto& list = builtin_role_list();
  return std::any_of(list.begin(), list.end(), [&](const Role& it) { return it.id == name; });
}

std::string key_of(const std::string& title) {
  std::string key;
  for (const std::string& word : words_of(fold(title))) key += (key.empty() ? "" : " ") + word;
  return key.empty() ? fold(title) : key;
}

}  // namespace

void ImportedRoles::note(const std::string& cell) {
  if (parts_of(cell).size() == 1) alone_.insert(key_of(cell));
}

ImportedRoles::Named ImportedRoles::take(const std::string& cell) {
  Named named;
  if (trimmed(cell).empty()) return named;
  if (auto known = known_roles(cell); !known.empty()) {
    named.roles = std::move(known);
    return named;
  }
  const std::vector<std::string> parts = parts_of(cell);
  const bool is_list =
      parts.size() > 1 && std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
        const auto roles = known_roles(part);
        return (!roles.empty() && roles != std::vector<std::string>{"any"}) ||
               (alone_.contains(key_of(part)) && !is_address(part));
      });
  for (const std::string& part : is_list ? parts : std::vector<std::string>{cell}) {
    std::vector<std::string> roles = known_roles(part);
    if (roles.empty()) roles.push_back(own_role(part, named.fresh));
    for (std::string& role : roles) {
      if (std::find(named.roles.begin(), named.roles.end(), role) == named.roles.end()) {
        named.roles.push_back(std::move(role));
      }
    }
  }
  return named;
}

std::string ImportedRoles::own_role(const std::string& cell, std::vector<std::string>& fresh) {
  const Split split = split_addresses(cell);
  if (split.rest.empty() && (cell == "0.0.0.0/0" || cell == "::/0")) return "any";
  const std::string& title = split.rest.empty() ? cell : split.rest;
  const std::string key = key_of(title);
  const auto known = names_.find(key);
  if (known == names_.end()) {
    std::string name = role_slug(title);
    // A name of the program's own means something else: "any" is everybody.
    if (is_builtin(name)) name += "-imported";
    for (int again = 2; own_.contains(name); ++again)
      name = role_slug(title) + "-" + std::to_string(again);
    fresh.push_back(name);
    names_.emplace(key, name);
    own_.emplace(name, ImportedRole{.title = in_one_line(cell), .bind = split.addresses});
    return name;
  }
  ImportedRole& role = own_.at(known->second);
  if (role.bind.empty() && !split.addresses.empty()) {
    role = {.title = in_one_line(cell), .bind = split.addresses};
  }
  return known->second;
}

}  // namespace pcapaudit
