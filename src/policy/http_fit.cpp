// Redirects, hosts, paths and credentials against an HTTP profile; see the header.
#include "policy/http_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "policy/host_names.hpp"

namespace pcapaudit {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Whole segments, whatever the case, as the documented servers compare them; "/" is itself only.
bool is_below(const std::string& path, const std::string& prefix) {
  const std::string a = lower(path);
  std::string b = lower(prefix);
  if (b.size() > 1 && b.ends_with('/')) b.pop_back();
  if (b == "/" || b.empty()) return a == "/" || a.empty();
  return a.starts_with(b) && (a.size() == b.size() || a[b.size()] == '/');
}

bool is_below_any(const std::string& path, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return is_below(path, prefix); });
}

class Fitting {
 public:
  Fitting(const HttpProfile& profile, const HttpFacts& http) : profile_(profile), http_(http) {}

  HttpFit take() {
    const bool may_be_excepted = profile_.excepts && http_.requests == 0;
    if (profile_.redirect_https && may_be_excepted) {
      fit_.open = Reason::one_sided;
    } else if (profile_.redirect_https && !is_excepted()) {
      fit_redirects();
    }
    fit_hosts();
    fit_paths();
    if (profile_.credentials_forbidden && http_.credentials_in_clear) {
      add(FindingKind::clear_credentials, Field::credentials, "no credentials in clear",
          fmt::format("{}", fmt::join(http_.authorization_schemes.values, ", ")));
    }
    return std::move(fit_);
  }

 private:
  // Facts are collected over the whole connection, so the exception holds only for connections
  // on which everything is excepted.
  bool is_excepted() const {
    if (!profile_.excepts || (profile_.except_hosts.empty() && profile_.except_paths.empty())) {
      return false;
    }
    const auto& hosts = http_.hosts.values;
    const auto& paths = http_.paths.values;
    const bool hosts_fit =
        profile_.except_hosts.empty() ||
        (!hosts.empty() && std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
          return matches_any(profile_.except_hosts, without_port(host));
        }));
    const bool paths_fit =
        profile_.except_paths.empty() ||
        (!paths.empty() && std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
          return is_below_any(path, profile_.except_paths);
        }));
    return hosts_fit && paths_fit;
  }

  // Errors carry nothing that the purpose forbids; content, and redirects that stay in clear, do.
  void fit_redirects() {
    for (const std::uint32_t status : http_.statuses.values) {
      const bool content = (status >= 200 && status < 300) || status == 101;
      if (!content) continue;
      add(FindingKind::no_redirect, Field::answer, "redirect to https", std::to_string(status));
      return;
    }
    for (const std::string& location : http_.locations.values) {
      const std::string target = lower(location);
      if (!target.starts_with("http://")) continue;
      add(FindingKind::no_redirect, Field::answer, "redirect to https", location);
      return;
    }
  }

  void fit_hosts() {
    if (profile_.hosts.empty()) return;
    for (const std::string& host : http_.hosts.values) {
      if (matches_any(profile_.hosts, without_port(host))) continue;
      add_outside(FindingKind::http_host, Field::host, name_list(profile_.hosts), host);
      return;
    }
  }

  void fit_paths() {
    for (const std::string& path : http_.paths.values) {
      if (!is_below_any(path, profile_.deny_paths)) continue;
      add(FindingKind::http_path, Field::path,
          fmt::format("not below {}", name_list(profile_.deny_paths)), path);
      return;
    }
    if (profile_.paths.empty()) return;
    for (const std::string& path : http_.paths.values) {
      if (is_below_any(path, profile_.paths)) continue;
      add_outside(FindingKind::http_path, Field::path, name_list(profile_.paths), path);
      return;
    }
  }

  void add(FindingKind kind, Field field, std::string expected, std::string observed) {
    Problem problem;
    problem.kind = kind;
    problem.field = field;
    problem.expected = std::move(expected);
    problem.observed = std::move(observed);
    fit_.problems.push_back(std::move(problem));
  }

  void add_outside(FindingKind kind, Field field, std::string expected, std::string observed) {
    add(profile_.outside ? FindingKind::outside_purpose : kind, field, std::move(expected),
        std::move(observed));
    if (profile_.outside) fit_.problems.back().severity = *profile_.outside;
  }

  const HttpProfile& profile_;
  const HttpFacts& http_;
  HttpFit fit_;
};

}  // namespace

HttpFit fit_http(const HttpProfile& profile, const ClosedFlow& flow) {
  const auto is_http = [](const AppRecord& it) { return std::holds_alternative<HttpFacts>(it); };
  if (std::count_if(flow.records.begin(), flow.records.end(), is_http) == 1) {
    return Fitting(profile, *flow.http()).take();
  }
  const auto http = all_http(flow);
  return http ? Fitting(profile, *http).take() : HttpFit{};
}

}  // namespace pcapaudit
