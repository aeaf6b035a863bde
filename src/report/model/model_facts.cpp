// What the bytes told: TLS and certificates, clear text, SIP, applications, what stayed
// undetermined.
#include <fmt/format.h>

#include "report/model/model_reader.hpp"

namespace pcapaudit {
namespace {

// Keys of what was seen of a server: "10.1.2.11 443".
constexpr const char* place_key = "flow.server || ' ' || flow.server_port";

std::string place_of(const std::string& server, std::uint64_t port) {
  return fmt::format("{} {}", server, port);
}

template <class T>
void take(std::map<std::string, T>& lists, const std::string& key, T& into) {
  if (const auto found = lists.find(key); found != lists.end()) into = std::move(found->second);
}

// The busiest servers in the flows of `source` (a FROM clause with `flow`), as a condition.
std::string busiest(const std::string& source, std::size_t limit) {
  return fmt::format(
      "(flow.server, flow.server_port) IN (SELECT flow.server, flow.server_port {} "
      "GROUP BY flow.server, flow.server_port "
      "ORDER BY count(DISTINCT flow.id) DESC, flow.server, flow.server_port LIMIT {})",
      source, limit);
}

constexpr const char* tls_source = "FROM tls JOIN flow ON flow.id = tls.flow";

constexpr const char* mutual_sums =
    "sum(mutual = 'proven'), sum(mutual = 'declined'), sum(mutual = 'not-requested'), "
    "sum(mutual = 'indicated'), sum(mutual = 'indicated-absent'), sum(mutual = 'undeterminable')";
MutualCounts mutual_counts(ModelRow& it) {
  MutualCounts counts;
  for (std::uint64_t* count :
       {&counts.proven, &counts.declined, &counts.not_requested, &counts.indicated,
        &counts.indicated_absent, &counts.undeterminable}) {
    *count = it.number();
  }
  return counts;
}

void add_server_certificates(ModelReader& reader, ReportTls& tls) {
  std::map<std::string, std::pair<std::string, std::optional<DateTime>>> newest;
  for (ModelRow& it : reader.rows(fmt::format(
           "SELECT server, server_port, subject, not_after FROM (SELECT flow.server, "
           "flow.server_port, certificate.subject, certificate.not_after, row_number() OVER ("
           "PARTITION BY flow.server, flow.server_port ORDER BY flow.id DESC, shown.number DESC) "
           "AS place FROM tls_certificate AS shown JOIN flow ON flow.id = shown.flow "
           "JOIN certificate ON certificate.sha256 = shown.certificate "
           "WHERE shown.side = 'server' AND shown.position = 0 AND {}) WHERE place = 1 "
           "ORDER BY server, server_port",
           busiest(tls_source, reader.limits.rows)))) {
    const std::string server = it.text();
    auto& one = newest[place_of(server, it.number())];
    one.first = it.text();
    one.second = it.date();
  }
  for (TlsServer& it : tls.servers.rows) {
    const auto found = newest.find(place_of(it.address, it.port));
    if (found == newest.end()) continue;
    it.subject = found->second.first;
    it.not_after = found->second.second;
  }
}

void read_servers(ModelReader& reader, ReportTls& tls) {
  tls.servers = reader.listed<TlsServer>(
      fmt::format(
          "SELECT flow.server, flow.server_port, max(role_set.names), count(DISTINCT flow.id) AS "
          "flows, sum(tls.resumed), {}, count(*) OVER () {} "
          "LEFT JOIN role_set ON role_set.roles = flow.server_roles "
          "GROUP BY flow.server, flow.server_port ORDER BY flows DESC, flow.server, "
          "flow.server_port",
          mutual_sums, tls_source),
      reader.limits.rows, [](ModelRow& it) {
        TlsServer one;
        one.address = it.text();
        one.port = it.number();
        one.role = it.text();
        one.flows = it.number();
        one.resumed = it.number();
        one.mutual = mutual_counts(it);
        return one;
      });
  const std::string where = busiest(tls_source, reader.limits.rows);
  const auto names = [&](const char* column) {
    return reader.commonest_names(fmt::format("SELECT {}, {} {} WHERE {} IS NOT NULL AND {}",
                                              place_key, column, tls_source, column, where));
  };
  auto asked = names("tls.sni"), versions = names("tls.version"), ciphers = names("tls.cipher");
  for (TlsServer& it : tls.servers.rows) {
    const std::string key = place_of(it.address, it.port);
    take(asked, key, it.names);
    take(versions, key, it.versions);
    take(ciphers, key, it.ciphers);
  }
  add_server_certificates(reader, tls);
}

void read_certificates(ModelReader& reader, std::optional<Timestamp> now, ReportTls& tls) {
  constexpr std::int64_t day = 86'400;
  tls.certificates = reader.listed<ReportCertificate>(
      "SELECT sha256, subject, issuer, key_type || ' ' || key_bits, signature_algorithm, san, "
      "not_before, not_after, "
      "count(DISTINCT iif(shown.side = 'server' AND shown.position = 0, shown.flow, NULL)), "
      "count(DISTINCT iif(shown.side = 'client' AND shown.position = 0, shown.flow, NULL)), "
      "count(DISTINCT iif(shown.position > 0, shown.flow, NULL)), count(*) OVER () "
      "FROM certificate JOIN tls_certificate AS shown ON shown.certificate = certificate.sha256 "
      "GROUP BY sha256 ORDER BY not_after, sha256",
      reader.limits.rows, [&](ModelRow& it) {
        ReportCertificate one;
        for (std::string* text :
             {&one.sha256, &one.subject, &one.issuer, &one.key, &one.signature}) {
          *text = it.text();
        }
        one.names = it.list();
        one.not_before = it.date();
        one.not_after = it.date();
        if (now && one.not_after) {
          const std::int64_t left = one.not_after->seconds - date_of(*now).seconds;
          one.days_left = left / day - (left % day < 0 ? 1 : 0);
        }
        one.server_flows = it.number();
        one.client_flows = it.number();
        one.issuer_flows = it.number();
        return one;
      });
}

// Rows of which some flow showed anything of mutual TLS, or failed for the lack of it.
void read_mutual(ModelReader& reader, ReportTls& tls) {
  const std::string group =
      "FROM tls JOIN flow ON flow.id = tls.flow WHERE flow.rule IS NOT NULL "
      "AND flow.verdict <> 'ignored' GROUP BY flow.rule, flow.service ";
  tls.mutual = reader.listed<MutualEvidence>(
      fmt::format("SELECT flow.rule, flow.service, {}, count(*) OVER () ", mutual_sums) + group +
          "HAVING sum(mutual <> 'not-requested') > 0 OR flow.rule IN "
          "(SELECT rule FROM problem WHERE kind = 'not-mutual') ORDER BY flow.rule, flow.service",
      reader.limits.rows, [](ModelRow& it) {
        MutualEvidence one;
        one.rule = it.text();
        one.service = it.text();
        one.counts = mutual_counts(it);
        return one;
      });
  auto reasons = reader.commonest(
      "SELECT flow.rule || ' ' || flow.service, iif(mutual_sizes IS NULL, mutual_reason, "
      "coalesce(mutual_reason, mutual) || ': ' || mutual_sizes) FROM tls JOIN flow "
      "ON flow.id = tls.flow WHERE flow.rule IS NOT NULL AND flow.verdict <> 'ignored' "
      "AND coalesce(mutual_reason, mutual_sizes) IS NOT NULL");
  for (MutualEvidence& it : tls.mutual.rows) {
    const auto found = reasons.find(it.rule + " " + it.service);
    if (found != reasons.end()) it.reasons = std::move(found->second.rows);
  }
}

// HTTP that anyone on the way can read: no TLS came before it in the flow.
constexpr const char* clear_http =
    "FROM http JOIN flow ON flow.id = http.flow AND NOT EXISTS (SELECT 1 FROM tls "
    "WHERE tls.flow = http.flow AND tls.number < http.number)";

void read_http(ModelReader& reader, ReportFacts& facts) {
  facts.http = reader.listed<ClearHttp>(
      fmt::format("SELECT flow.server, flow.server_port, max(role_set.names), "
                  "count(DISTINCT flow.id) AS flows, sum(http.requests), "
                  "sum(http.credentials_in_clear), count(*) OVER () {} "
                  "LEFT JOIN role_set ON role_set.roles = flow.server_roles "
                  "GROUP BY flow.server, flow.server_port "
                  "ORDER BY flows DESC, flow.server, flow.server_port",
                  clear_http),
      reader.limits.rows, [](ModelRow& it) {
        ClearHttp one;
        one.server = it.text();
        one.port = it.number();
        one.role = it.text();
        one.flows = it.number();
        one.requests = it.number();
        one.credentials = it.number();
        return one;
      });
  const std::string where = busiest(clear_http, reader.limits.rows);
  const auto names = [&](const char* column) {
    return reader.commonest_names(
        fmt::format("SELECT {}, listed.value FROM http JOIN flow ON flow.id = http.flow "
                    "JOIN json_each(http.{}) AS listed WHERE {} AND NOT EXISTS (SELECT 1 FROM tls "
                    "WHERE tls.flow = http.flow AND tls.number < http.number)",
                    place_key, column, where));
  };
  auto methods = names("methods"), hosts = names("hosts"), paths = names("paths"),
       statuses = names("statuses"), agents = names("user_agents");
  for (ClearHttp& it : facts.http.rows) {
    const std::string key = place_of(it.server, it.port);
    take(methods, key, it.methods);
    take(hosts, key, it.hosts);
    take(paths, key, it.paths);
    take(statuses, key, it.statuses);
    take(agents, key, it.user_agents);
  }
}

constexpr const char* sip_source = "FROM sip JOIN flow ON flow.id = sip.flow";

void read_sip(ModelReader& reader, ReportFacts& facts) {
  facts.sip = reader.listed<SipServer>(
      fmt::format(
          "SELECT flow.server, flow.server_port, coalesce(sip.transport, ''), "
          "max(role_set.names), count(DISTINCT flow.id) AS flows, sum(sip.requests), "
          "sum(sip.transactions), sum(sip.answered), sum(EXISTS (SELECT 1 FROM tls "
          "WHERE tls.flow = sip.flow AND tls.number < sip.number)) = 0, count(*) OVER () {} "
          "LEFT JOIN role_set ON role_set.roles = flow.server_roles "
          "GROUP BY flow.server, flow.server_port, sip.transport "
          "ORDER BY flows DESC, flow.server, flow.server_port, sip.transport",
          sip_source),
      reader.limits.rows, [](ModelRow& it) {
        SipServer one;
        one.server = it.text();
        one.port = it.number();
        one.transport = it.text();
        one.role = it.text();
        one.flows = it.number();
        one.requests = it.number();
        one.transactions = it.number();
        one.answered = it.number();
        one.in_clear = it.flag() && one.transport != "TLS";
        return one;
      });
  const std::string where = busiest(sip_source, reader.limits.rows);
  const std::string key = std::string(place_key) + " || ' ' || coalesce(sip.transport, '')";
  const auto names = [&](const std::string& values) {
    return reader.commonest_names(
        fmt::format("SELECT {}, listed.value {} JOIN ({}) AS listed ON listed.flow = sip.flow "
                    "AND listed.number = sip.number WHERE {}",
                    key, sip_source, values, where));
  };
  const auto listing = [](const char* column) {
    return fmt::format("SELECT flow, number, value FROM sip, json_each(sip.{})", column);
  };
  auto methods = names(listing("methods"));
  auto domains = names(listing("from_domains") + " UNION " + listing("to_domains"));
  auto agents = names(listing("user_agents") + " UNION ALL " + listing("servers"));
  for (SipServer& it : facts.sip.rows) {
    const std::string place = place_of(it.server, it.port) + " " + it.transport;
    take(methods, place, it.methods);
    take(domains, place, it.domains);
    take(agents, place, it.user_agents);
  }
}

}  // namespace

void read_tls(ModelReader& reader, ReportModel& model) {
  ReportTls& tls = model.tls;
  if (auto it =
          reader.row("SELECT count(DISTINCT flow), count(DISTINCT iif(established, flow, "
                     "NULL)), count(DISTINCT iif(resumed, flow, NULL)) FROM tls ORDER BY 1")) {
    tls.flows = it->number();
    tls.established = it->number();
    tls.resumed = it->number();
  }
  for (ModelRow& it : reader.rows("SELECT coalesce(version, 'no server hello'), "
                                  "count(DISTINCT flow) FROM tls GROUP BY 1 ORDER BY 2 DESC, 1")) {
    std::string name = it.text();
    tls.versions.push_back({.name = std::move(name), .count = it.number()});
  }
  read_servers(reader, tls);
  read_certificates(reader, model.run.last, tls);
  read_mutual(reader, tls);
}

void read_facts(ModelReader& reader, ReportModel& model) {
  ReportFacts& facts = model.facts;
  facts.applications = reader.listed<ReportApplication>(
      "SELECT app, service, sum(flows), sum(bytes_c2s + bytes_s2c), count(*) OVER () "
      "FROM flow_group WHERE verdict <> 'ignored' GROUP BY app, service "
      "ORDER BY 3 DESC, app, service",
      reader.limits.rows, [](ModelRow& it) {
        ReportApplication one;
        one.app = it.text();
        one.service = it.text();
        one.flows = it.number();
        one.bytes = it.number();
        return one;
      });
  read_http(reader, facts);
  read_sip(reader, facts);
}

}  // namespace pcapaudit
