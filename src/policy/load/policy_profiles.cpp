// What rows demand of TLS and HTTP: [tls.NAME] and [http.NAME].
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <pcapaudit/app/app_record.hpp>

#include "base/files/read_file.hpp"
#include "dissectors/tls/certificates/tls_trust.hpp"
#include "policy/load/policy_loader.hpp"

namespace pcapaudit {
namespace {

// "1.2" to 0x0303; 0 when it is no version.
std::uint16_t tls_version(std::string_view text) {
  constexpr std::pair<std::string_view, std::uint16_t> versions[] = {
      {"1.0", 0x0301}, {"1.1", 0x0302}, {"1.2", 0x0303}, {"1.3", 0x0304}};
  for (const auto& [name, number] : versions) {
    if (name == text) return number;
  }
  return 0;
}

std::uint16_t read_version(TomlReader& in, const toml::table& table, std::string_view key) {
  return tls_version(in.choice_of(table, key, {"1.3", "1.2", "1.1", "1.0"}));
}

// A list whose texts are all among `known`.
std::vector<std::string> read_words(TomlReader& in, const toml::table& table, std::string_view key,
                                    const std::vector<std::string>& known) {
  std::vector<std::string> words;
  for (const TomlReader::Word& word : in.words_of(table, key)) {
    if (in.is_among(word, known, key)) words.push_back(word.text);
  }
  return words;
}

// Suites and what they encrypt with.
std::vector<std::string> cipher_words() {
  std::vector<std::string> words = {"aead"};
  for (const std::uint16_t cipher : tls_ciphers()) {
    const std::string encryption(tls_cipher_traits(cipher).encryption);
    if (encryption.empty()) continue;
    words.emplace_back(tls_cipher_name(cipher));
    if (std::find(words.begin(), words.end(), encryption) == words.end()) {
      words.push_back(encryption);
    }
  }
  return words;
}

std::vector<std::string> key_exchange_words() {
  std::vector<std::string> words;
  for (std::size_t i = 1; i < tls_key_exchange_count; ++i) {
    words.emplace_back(to_text(static_cast<TlsKeyExchange>(i)));
  }
  return words;
}

std::uint16_t read_dh_bits(TomlReader& in, const toml::table& table) {
  constexpr std::int64_t most = 16'384;  // no larger group is known
  const std::int64_t bits = in.number_of(table, "min_dh_bits").value_or(0);
  if (bits >= 0 && bits <= most) return static_cast<std::uint16_t>(bits);
  in.report(table.get("min_dh_bits")->source(), fmt::format("min_dh_bits is 0 to {}", most));
  return 0;
}

void read_mutual(TomlReader& in, const toml::table& table, TlsProfile& profile) {
  if (const std::string mutual = in.choice_of(table, "mutual", {"yes", "no"}); !mutual.empty()) {
    profile.mutual = mutual == "yes" ? TlsProfile::Mutual::yes : TlsProfile::Mutual::no;
  }
  profile.accepts_indicated = in.choice_of(table, "accept", {"proven", "indicated"}) == "indicated";
  profile.asks_of_absent = in.choice_of(table, "absent", {"violation", "ask"}) == "ask";
  if (profile.mutual == TlsProfile::Mutual::yes) return;
  for (const std::string_view key : {"accept", "absent"}) {
    if (const toml::node* node = table.get(key); node != nullptr) {
      in.report(node->source(), fmt::format("{} speaks of mutual TLS, which is not demanded", key),
                "add mutual = \"yes\", or leave it out");
    }
  }
}

// All authorities of an operating system take 250 kB; revocation lists of large ones some MB.
constexpr std::size_t largest_trust = std::size_t{16} << 20;

Result<std::string> read_trust_text(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> files = {path};
  if (fs::is_directory(path, error)) {
    files.clear();
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.is_regular_file(error)) files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
  }
  std::string all;
  for (const std::string& name : files) {
    const auto text = read_file(name, largest_trust);
    if (!text) return std::unexpected(text.error());
    all += *text + "\n";
    if (all.size() > largest_trust) return fail(fmt::format("{}: larger than 16 MiB in all", path));
  }
  return all;
}

}  // namespace

// A file of PEM certificates, or all of a folder's in name order; beside the policy file.
void PolicyLoader::read_trust(TomlReader& in, const toml::table& table, TlsProfile& profile) {
  profile.trust = in.text_of(table, "trust");
  if (profile.trust.empty()) return;
  const toml::source_region place = table.get("trust")->source();
  const std::string path =
      (std::filesystem::path(in.file()).parent_path() / profile.trust).string();
  auto known = trust_texts_.find(path);
  if (known == trust_texts_.end()) {
    auto text = read_trust_text(path);
    if (!text) return in.report(place, text.error().what, text.error().hint);
    known = trust_texts_.emplace(path, *std::move(text)).first;
  }
  auto anchors = TrustStore::of(known->second);
  if (!anchors) {
    return in.report(place, fmt::format("{}: {}", path, anchors.error().what),
                     "PEM certificates of the authorities, and CRLs");
  }
  profile.anchors = *std::move(anchors);
  const std::string name = std::string(trust_prefix) + path;
  const bool is_listed = std::any_of(policy_.files.begin(), policy_.files.end(),
                                     [&](const auto& file) { return file.first == name; });
  if (!is_listed) policy_.files.emplace_back(name, known->second);
}

void PolicyLoader::read_tls(TomlReader& in) {
  const toml::table* profiles = in.table_of(in.root(), "tls");
  if (profiles == nullptr) return;
  for (const auto& [id, node] : *profiles) {
    const toml::table* table = in.table_of(*profiles, id.str());
    if (table == nullptr) continue;
    in.only(*table, "[tls]",
            {"min_version", "mutual", "warn_below", "names", "sni", "issuer", "min_days_left",
             "client_eku", "ciphers", "key_exchange", "min_dh_bits", "client_issuer", "trust",
             "accept", "absent"});
    TlsProfile profile;
    profile.id = id.str();
    profile.min_version = read_version(in, *table, "min_version");
    profile.warn_below = read_version(in, *table, "warn_below");
    read_mutual(in, *table, profile);
    profile.names = in.texts_of(*table, "names");
    const std::string sni = in.choice_of(*table, "sni", {"must match names", "required"});
    profile.sni_must_match = !sni.empty();
    profile.sni_required = sni == "required";
    profile.issuers = in.texts_of(*table, "issuer");
    profile.client_issuers = in.texts_of(*table, "client_issuer");
    read_trust(in, *table, profile);
    const std::int64_t days = in.number_of(*table, "min_days_left").value_or(0);
    if (days < 0 || days > 3650) {
      in.report(table->get("min_days_left")->source(), "min_days_left is 0 to 3650 days");
    }
    profile.min_days_left = static_cast<std::uint32_t>(days);
    profile.client_eku = in.choice_of(*table, "client_eku", {"any", "client"}) == "client";
    profile.ciphers = read_words(in, *table, "ciphers", cipher_words());
    profile.key_exchanges = read_words(in, *table, "key_exchange", key_exchange_words());
    profile.min_dh_bits = read_dh_bits(in, *table);
    tls_[pack_ + "/" + profile.id] = std::move(profile);
  }
}

void PolicyLoader::read_http(TomlReader& in) {
  const toml::table* profiles = in.table_of(in.root(), "http");
  if (profiles == nullptr) return;
  for (const auto& [id, node] : *profiles) {
    const toml::table* table = in.table_of(*profiles, id.str());
    if (table == nullptr) continue;
    in.only(*table, "[http]",
            {"answer", "answer_except", "hosts", "paths", "deny_paths", "outside", "credentials",
             "keep_host"});
    HttpProfile profile;
    profile.id = id.str();
    profile.redirect_https = !in.choice_of(*table, "answer", {"redirect-https"}).empty();
    if (const toml::table* except = in.table_of(*table, "answer_except")) {
      in.only(*except, "answer_except", {"hosts", "paths", "when"});
      profile.except_hosts = in.texts_of(*except, "hosts");
      profile.except_paths = in.texts_of(*except, "paths");
      profile.except_when = in.text_of(*except, "when");
    }
    profile.hosts = in.texts_of(*table, "hosts");
    profile.paths = in.texts_of(*table, "paths");
    profile.deny_paths = in.texts_of(*table, "deny_paths");
    profile.outside = severity_of(in, *table, "outside");
    profile.credentials_forbidden = !in.choice_of(*table, "credentials", {"forbidden"}).empty();
    profile.keep_host = in.flag_of(*table, "keep_host").value_or(false);
    http_[pack_ + "/" + profile.id] = std::move(profile);
  }
}

void PolicyLoader::read_flow_profiles(TomlReader& in, const toml::table& table,
                                      DocumentedFlow& flow) {
  // A file's own profile, or that of a pack that was read before.
  const auto look_up = [&](const auto& profiles, std::string_view key, auto& out) {
    const std::string id = in.text_of(table, key);
    if (id.empty()) return;
    auto found = profiles.find(pack_ + "/" + id);
    if (found == profiles.end()) {
      found = std::find_if(profiles.begin(), profiles.end(), [&](const auto& it) {
        return it.first.substr(it.first.rfind('/') + 1) == id;
      });
    }
    if (found != profiles.end()) {
      out = found->second;
      return;
    }
    std::vector<std::string> known;
    for (const auto& [name, profile] : profiles) known.push_back(profile.id);
    in.report(table.get(key)->source(), fmt::format("unknown {} profile \"{}\"", key, id),
              did_you_mean(id, known, fmt::format("define it with [{}.NAME]", key)));
  };
  look_up(tls_, "tls", flow.tls);
  look_up(http_, "http", flow.http);
}

// "@meet" stands for the site's names of that variable; one that has none gives nothing.
std::vector<std::string> PolicyLoader::resolved(const std::vector<std::string>& names,
                                                bool is_used) {
  std::vector<std::string> all;
  for (const std::string& name : names) {
    if (!name.starts_with('@')) {
      all.push_back(name);
      continue;
    }
    const auto found = policy_.names.find(name.substr(1));
    if (found == policy_.names.end() || found->second.empty()) {
      if (is_used) unset_names_.insert(name.substr(1));
      continue;
    }
    all.insert(all.end(), found->second.begin(), found->second.end());
  }
  return all;
}

void PolicyLoader::resolve_profiles(DocumentedFlow& flow) {
  constexpr std::uint16_t tls12 = 0x0303;
  const bool is_used = is_chosen(flow);
  if (flow.tls) {
    flow.tls->names = resolved(flow.tls->names, is_used);
    // Lync 2013 servers cannot switch TLS 1.0 and 1.1 off; Skype for Business servers can.
    const bool can_do_without = policy_.product.starts_with("sfb");
    if (can_do_without && flow.tls->warn_below == tls12) {
      flow.tls->min_version = std::max(flow.tls->min_version, tls12);
    }
  }
  if (flow.http) {
    for (auto* list : {&flow.http->hosts, &flow.http->except_hosts})
      *list = resolved(*list, is_used);
  }
}

}  // namespace pcapaudit
