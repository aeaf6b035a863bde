// The name of what a flow carries, and the names of verdicts, reasons and fields.
#include <catch2/catch.hpp>

#include "support/judged_site.hpp"

namespace pcapaudit {
namespace {

using test::Case;
using test::evaluate;
using test::flow_of;
using test::site;

}  // namespace

TEST_CASE("service_of: bytes, then the documented application, then the port") {
  struct ServiceCase {
    const char* flow;
    const char* documented;
    const char* want;
  };
  const ServiceCase cases[] = {
      {"tcp 1.1.1.1 > 2.2.2.2:80 http", "", "HTTP content"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 http", "https", "HTTP content"},
      {"tcp 1.1.1.1 > 2.2.2.2:5060 sip", "sip", "SIP content"},
      {"tcp 1.1.1.1 > 2.2.2.2:22 ssh", "", "SSH content"},
      {"icmp 1.1.1.1 > 2.2.2.2 icmp", "", "ICMP content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls alpn=h2", "", "HTTPS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:5061 tls alpn=http/1.1 mutual=proven", "sip", "HTTPS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls inner=http", "", "HTTPS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls inner=sip", "", "SIP/TLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls inner=sip mutual=proven", "", "SIP/MTLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls", "https", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls mutual=proven", "sip", "SIP/MTLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls mutual=declined", "sip", "SIP/TLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls mutual=tls13-encrypted", "sip", "SIP/TLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls mutual=indicated", "sip", "SIP/TLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 tls mutual=proven", "tls", "MTLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 tls", "tls", "TLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 tls", "", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:444 tls", "", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:4443 tls", "", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:8443 tls", "", "HTTPS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:5061 tls", "", "SIP/TLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:5061 tls mutual=proven", "", "SIP/MTLS partial"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls mutual=proven", "", "MTLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:9 tls", "", "TLS content"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 none", "https", " port"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 none", "", " none"},
      {"tcp 1.1.1.1 > 2.2.2.2:443 unknown", "https", " none"},
  };
  for (const ServiceCase& c : cases) {
    CAPTURE(c.flow, c.documented);
    const ServiceName name = service_of(flow_of(c.flow), c.documented);
    CHECK(test::dump_service(name.service, name.basis) == c.want);
  }
}

TEST_CASE("evaluate: the verdict carries the service of its row") {
  const Case cases[] = {
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=proven client-cert=ok", "SIP/MTLS partial"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=resumed", "SIP/TLS partial"},
      {"tcp 8.8.8.8 > 172.25.33.10:50001 tls mutual=proven client-cert=ok", "MTLS content"},
      {"tcp 172.25.33.40 > 10.1.2.10:443 tls", "HTTPS partial"},  // no row: by port
      {"tcp 172.25.33.10 > 172.25.33.53:53 tls", "TLS content"},  // not the row's DNS
      {"tcp 10.20.5.5 > 10.1.2.10:443 none out=handshake", " port"},
      {"tcp 10.20.5.5 > 10.20.5.6:80 http", "HTTP content"},  // ignored, and still named
  };
  for (const Case& c : cases) {
    CAPTURE(c.flow);
    const Verdict verdict = evaluate(site(), flow_of(c.flow));
    CHECK(test::dump_service(verdict.service, verdict.basis) == c.want);
  }
}

TEST_CASE("verdict: names") {
  CHECK(to_text(VerdictKind::allowed) == "allowed");
  CHECK(to_text(VerdictKind::ignored) == "ignored");
  CHECK(to_text(Reason::none).empty());
  CHECK(to_text(Reason::no_payload) == "no-payload");
  CHECK(to_text(Reason::mutual_tls13_encrypted) == to_text(MutualReason::tls13_encrypted));
  CHECK(to_text(Reason::mutual_truncated) == to_text(MutualReason::truncated));
  CHECK(to_text(Reason::certificate_hidden) == "certificate-hidden");
  CHECK(to_text(Reason::tls_not_seen) == "tls-handshake-not-seen");
  CHECK(to_text(Field::none).empty());
  CHECK(to_text(Field::from) == "from");
  CHECK(to_text(Field::tls_version) == "tls-version");
  CHECK(to_text(Field::certificate) == "certificate");
}

}  // namespace pcapaudit
