// Redirects, hosts, paths and credentials against an HTTP profile; see the header.

#include "policy/fit/http_fit.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text/ascii.hpp"
#include "policy/host_names.hpp"
#include "policy/judge/evidence.hpp"
#include "policy/load/request_path.hpp"

namespace pcapaudit {
namespace {

class Fitting {
 public:
  Fitting(const HttpProfile& profile, const HttpFacts& http, const ClosedFlow& flow)
      : profile_(profile), http_(http), flow_(flow) {}

  HttpFit take() {
    if (profile_.redirect_https) fit_answers();
    fit_hosts();
    fit_paths();
    if (profile_.credentials_forbidden) {
      need(Evidence::credentials);
      if (http_.credentials_in_clear) {
        add(FindingKind::clear_credentials, Field::credentials, "no credentials in clear",
            fmt::format("{}", fmt::join(http_.authorization_schemes.values, ", ")));
      }
    }
    return std::move(fit_);
  }

 private:
  void need(Evidence evidence) {
    if (fit_.open == Reason::none) fit_.open = missing(evidence, flow_);
  }

  bool has_exceptions() const {
    return profile_.excepts && !(profile_.except_hosts.empty() && profile_.except_paths.empty());
  }

  void fit_answers() {
    need(Evidence::answers);
    if (has_exceptions()) {
      // Without all requests nobody knows whether these answers are the excepted ones.
      if (!profile_.except_hosts.empty()) need(Evidence::hosts);
      if (!profile_.except_paths.empty()) need(Evidence::paths);
      if (http_.requests == 0) {
        fit_.open = Reason::one_sided;
        return;
      }
      if (is_excepted()) return;
    }
    fit_redirects();
  }

  // Facts are collected over the whole connection, so the exception holds only for connections
  // on which everything is excepted.
  bool is_excepted() const {
    const auto& hosts = http_.hosts.values;
    const auto& paths = http_.paths.values;
    const bool hosts_fit =
        profile_.except_hosts.empty() ||
        (!hosts.empty() && std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
          return matches_any(profile_.except_hosts, bare_host(host));
        }));
    const bool paths_fit =
        profile_.except_paths.empty() ||
        (!paths.empty() && std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
          return RequestPath(path).is_listed_by(profile_.except_paths);
        }));
    return hosts_fit && paths_fit;
  }

  // Errors carry nothing that the purpose forbids; content, and redirects that stay in clear, do.
  void fit_redirects() {
    for (const std::uint32_t status : http_.statuses.values) {
      const bool content = (status >= 200 && status <= 300) || status == 101;
      if (!content) continue;
      add(FindingKind::no_redirect, Field::answer, "redirect to https", std::to_string(status));
      return;
    }
    for (const std::string& location : http_.locations.values) {
      // A target without a scheme keeps the one of the request, which came in clear.
      if (ascii_lower(location).starts_with("https:")) continue;
      add(FindingKind::no_redirect, Field::answer, "redirect to https",
          location.empty() ? "a redirection without a target" : location);
      return;
    }
  }

  void fit_hosts() {
    if (profile_.hosts.empty()) return;
    if (!profile_.outside) need(Evidence::hosts);
    for (const std::string& host : http_.hosts.values) {
      if (matches_any(profile_.hosts, bare_host(host))) continue;
      add_outside(FindingKind::http_host, Field::host, name_list(profile_.hosts),
                  host.empty() ? "none" : host);
      return;
    }
    if (missing(Evidence::hosts, flow_) != Reason::none || !has_hostless_requests()) return;
    add_outside(FindingKind::http_host, Field::host, name_list(profile_.hosts), "none");
  }

  // A record whose requests name no host at all. Where only some do not, an empty text says so.
  bool has_hostless_requests() const {
    return std::any_of(flow_.records.begin(), flow_.records.end(), [](const AppRecord& record) {
      const auto* http = std::get_if<HttpFacts>(&record);
      // A question asks of no request in particular.
      return http != nullptr && !http->methods.empty() && http->hosts.empty();
    });
  }

  void fit_paths() {
    if (!profile_.deny_paths.empty() || (!profile_.paths.empty() && !profile_.outside)) {
      need(Evidence::paths);
    }
    for (const std::string& path : http_.paths.values) {
      if (!RequestPath(path).is_denied_by(profile_.deny_paths)) continue;
      add(FindingKind::http_path, Field::path,
          fmt::format("not below {}", name_list(profile_.deny_paths)), path);
      return;
    }
    if (profile_.paths.empty()) return;
    for (const std::string& path : http_.paths.values) {
      if (RequestPath(path).is_listed_by(profile_.paths)) continue;
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
  const ClosedFlow& flow_;
  HttpFit fit_;
};

}  // namespace

HttpFit fit_http(const HttpProfile& profile, const ClosedFlow& flow) {
  const auto is_http = [](const AppRecord& it) { return std::holds_alternative<HttpFacts>(it); };
  if (std::count_if(flow.records.begin(), flow.records.end(), is_http) == 1) {
    return Fitting(profile, *flow.http(), flow).take();
  }
  const auto http = all_http(flow);
  return http ? Fitting(profile, *http, flow).take() : HttpFit{};
}

}  // namespace pcapaudit
