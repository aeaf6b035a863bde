// Reads key logs and embedded secrets; see the header.

#include "run/secrets.hpp"

#include <span>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/files/read_file.hpp"
#include "capture/embedded_secrets.hpp"

namespace pcapaudit {
namespace {

// Two million lines, which is all that is kept, have less.
constexpr std::size_t largest_key_log = 512 * 1024 * 1024;
constexpr std::uint32_t tls_key_log = 0x544c534b;  // of a Decryption Secrets Block

void wipe_text(std::string& text) {
  wipe(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  text.clear();
}

class Collection {
 public:
  Result<void> add_file(const std::string& path) {
    auto text = read_file(path, largest_key_log);
    if (!text) return std::unexpected(text.error());
    struct stat seen{};
    constexpr mode_t others = S_IRGRP | S_IROTH;
    if (::stat(path.c_str(), &seen) == 0 && (seen.st_mode & others) != 0) {
      warn(path, "others can read this key log, and with it what it opens", "chmod 600 " + path);
    }
    add_text(path, *text);
    return {};
  }

  void add_text(const std::string& name, std::string& text) {
    const TlsKeyStore::Added added = keys_->add_key_log(text);
    wipe_text(text);
    const KeyLogCounts& counts = added.counts;
    if (counts.malformed > 0) {
      warn(fmt::format("{}:{}", name, added.malformed_line),
           fmt::format("{} of the key log {} left out: no label, random and secret",
                       counts.malformed, counts.malformed == 1 ? "line was" : "lines were"),
           "a key log has lines such as CLIENT_RANDOM <64 digits> <96 digits>");
    }
    if (counts.over_cap > 0) {
      warn(name,
           fmt::format("{} secrets beyond the first {} were left out", counts.over_cap,
                       TlsKeyStore::max_secrets),
           "give only the key logs of these captures");
    }
    if (counts.secrets == 0) {
      warn(name, "no secret of a TLS connection in this key log",
           "a key log has lines such as CLIENT_RANDOM <64 digits> <96 digits>");
    }
  }

  GivenSecrets take(bool any) {
    keys_->finish();
    if (any) given_.keys = std::move(keys_);
    return std::move(given_);
  }

 private:
  void warn(std::string where, std::string what, std::string hint) {
    Error warning{.what = std::move(what), .hint = std::move(hint)};
    warning.where = std::move(where);
    given_.warnings.push_back(std::move(warning));
  }

  std::shared_ptr<TlsKeyStore> keys_ = std::make_shared<TlsKeyStore>();
  GivenSecrets given_;
};

}  // namespace

Result<GivenSecrets> collect_secrets(const std::vector<std::string>& key_logs,
                                     const std::vector<std::string>& captures) {
  Collection all;
  bool any = !key_logs.empty();
  for (const std::string& path : key_logs) {
    if (auto added = all.add_file(path); !added) return std::unexpected(added.error());
  }
  for (const std::string& path : captures) {
    for (CaptureSecrets& secrets : embedded_secrets(path, !key_logs.empty())) {
      if (secrets.type != tls_key_log) continue;
      any = true;
      all.add_text(path, secrets.text);
    }
  }
  return all.take(any);
}

}  // namespace pcapaudit
