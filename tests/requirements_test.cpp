// The judgement of a row that fits: TLS, certificates, VIPs, discouraged rows.
#include <catch2/catch.hpp>

#include "policy/host_names.hpp"
#include "support/judged_site.hpp"

namespace pcapaudit {
namespace {

using test::Case;
using test::check_verdicts;
using test::dump;
using test::evaluate;
using test::flow_of;
using test::site;

}  // namespace

TEST_CASE("evaluate: TLS version") {
  const std::string old = "violation cli-443; high old-tls tls-version: >= TLSv1.2 / ";
  const std::pair<const char*, std::string> cases[] = {
      {"0304", "allowed cli-443"},
      {"0303", "allowed cli-443"},
      {"7f1c", "allowed cli-443"},
      {"fb17", "allowed cli-443"},
      {"0302", old + "TLSv1.1"},
      {"0301", old + "TLSv1.0"},
      {"0300", old + "SSLv3"},
      {"0002", old + "SSLv2"},
      {"0", "undetermined cli-443 (tls-handshake-not-seen)"},
      {"0305", "undetermined cli-443 (tls-handshake-not-seen)"},
      {"fefd", "undetermined cli-443 (tls-handshake-not-seen)"},
  };
  for (const auto& [version, want] : cases) {
    CAPTURE(version);
    const auto flow = flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls v=" + std::string(version));
    CHECK(dump(evaluate(site(), flow)) == want);
  }
  // Nothing is asked, so nothing is missing.
  CHECK(dump(evaluate(site(), flow_of("tcp 172.25.33.10 > 10.1.2.11:636 tls v=0"))) ==
        "allowed bare");
  // What was seen of a one-sided handshake stands.
  CHECK(dump(evaluate(site(), flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls v=0301 bytes=0,900 "
                                      "out=one-sided"))) == old + "TLSv1.0");
}

TEST_CASE("evaluate: mutual TLS has six answers") {
  const std::string refused = "violation edge-5061; high not-mutual mutual: client certificate / ";
  const std::pair<const char*, std::string> cases[] = {
      {"mutual=proven client-cert=ok", "allowed edge-5061"},
      {"mutual=declined", refused + "declined"},
      {"mutual=not-requested", refused + "not-requested"},
      {"mutual=indicated v=0304", "undetermined edge-5061 (tls13-indicated)"},
      {"mutual=indicated-absent v=0304",
       refused + "indicated-absent (not-requested) by the sizes of TLS 1.3 records"},
      {"mutual=tls13-encrypted", "undetermined edge-5061 (tls13-encrypted)"},
      {"mutual=resumed", "undetermined edge-5061 (resumed)"},
      {"mutual=midstream", "undetermined edge-5061 (midstream)"},
      {"mutual=gap", "undetermined edge-5061 (gap)"},
      {"mutual=truncated", "undetermined edge-5061 (truncated)"},
      {"mutual=truncated v=0", "undetermined edge-5061 (truncated)"},
      {"mutual=hidden", "undetermined edge-5061 (tls-handshake-not-seen)"},
      {"mutual=proven client-cert=ok v=0", "undetermined edge-5061 (tls-handshake-not-seen)"},
  };
  for (const auto& [facts, want] : cases) {
    CAPTURE(facts);
    const auto flow = flow_of("tcp 172.25.33.10 > 10.1.2.11:5061 tls " + std::string(facts));
    CHECK(dump(evaluate(site(), flow)) == want);
  }
  // 444 is HTTPS: a client certificate is neither demanded nor forbidden.
  const Case free[] = {
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls mutual=not-requested", "allowed dir-fe-444"},
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls mutual=declined", "allowed dir-fe-444"},
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls mutual=proven client-cert=expired", "allowed dir-fe-444"},
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls mutual=resumed cert=hidden",
       "allowed dir-fe-444 (certificate-hidden)"},
  };
  check_verdicts(site(), free);
}

TEST_CASE("evaluate: a profile says what the sizes of TLS 1.3 records are worth") {
  Policy accepting = site();
  for (DocumentedFlow& row : accepting.flows) {
    if (row.id != "edge-5061") continue;
    row.tls->accepts_indicated = row.tls->asks_of_absent = true;
  }
  const std::string edge = "tcp 172.25.33.10 > 10.1.2.11:5061 tls v=0304 cert=hidden mutual=";
  const auto gist = [&](const char* facts) {
    return dump(evaluate(accepting, flow_of(edge + facts)));
  };
  CHECK(gist("indicated") == "allowed edge-5061 (tls13-indicated)");
  CHECK(gist("indicated-absent") == "undetermined edge-5061 (tls13-indicated-absent)");
  CHECK(gist("tls13-encrypted") == "undetermined edge-5061 (tls13-encrypted)");
  CHECK(gist("resumed") == "undetermined edge-5061 (resumed)");
  CHECK(gist("declined") ==
        "violation edge-5061; high not-mutual mutual: client certificate / declined");
  // What else the row demands is judged all the same.
  CHECK(gist("indicated alpn=h2").starts_with("violation edge-5061"));
  // Sizes do not say who it is.
  for (DocumentedFlow& row : accepting.flows) {
    if (row.id == "edge-5061") row.tls->client_issuers = {"Good CA"};
  }
  CHECK(gist("indicated") == "undetermined edge-5061 (tls13-indicated)");
}

TEST_CASE("evaluate: certificates are judged at the time of the flow") {
  const std::string failed =
      "violation cli-443; medium expired-certificate certificate: server certificate valid when "
      "used / ";
  const std::pair<const char*, std::string> cases[] = {
      {"cert=ok", "allowed cli-443"},
      {"cert=last-instant", "allowed cli-443"},
      {"cert=for-ever", "allowed cli-443"},
      {"cert=expired", failed + "CN=server valid until 2026-11-19T10:00:00Z"},
      {"cert=early", failed + "CN=server valid from 2026-11-20T22:00:00Z"},
      {"cert=hidden", "allowed cli-443 (certificate-hidden)"},
      {"cert=unreadable", "allowed cli-443 (certificate-hidden)"},
      {"cert=hidden v=0304 mutual=tls13-encrypted", "allowed cli-443 (certificate-hidden)"},
      {"client-cert=expired mutual=proven", "allowed cli-443"},  // the row demands none
  };
  for (const auto& [facts, want] : cases) {
    CAPTURE(facts);
    const auto flow = flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls " + std::string(facts));
    CHECK(dump(evaluate(site(), flow)) == want);
  }
  const Case mutual[] = {
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=proven client-cert=expired",
       "violation edge-5061; medium expired-certificate certificate: client certificate valid "
       "when used / CN=client valid until 2026-11-19T10:00:00Z"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls mutual=tls13-encrypted cert=hidden",
       "undetermined edge-5061 (tls13-encrypted)"},
      {"tcp 172.25.33.10 > 10.1.2.11:636 tls cert=expired",
       "violation bare; medium expired-certificate certificate: server certificate valid when "
       "used / CN=server valid until 2026-11-19T10:00:00Z"},
  };
  check_verdicts(site(), mutual);
}

TEST_CASE("evaluate: a certificate's names are its own, whatever other attributes contain") {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"CN=a.example,O=Org", {"a.example"}},
      {"O=Org,CN=a.example", {"a.example"}},
      {"OU=x+CN=a.example,O=Org", {"a.example"}},
      {"O=Org\\,CN=a.example", {}},
      {"O=Org\\\\,CN=a.example", {"a.example"}},
      {"O=x\\+CN=a.example", {}},
      {"O=x\\", {}},
      {"CN=a\\,b,O=Org", {"a\\,b"}},
      {"", {}},
  };
  for (const auto& [subject, names] : cases) {
    CAPTURE(subject);
    Certificate certificate;
    certificate.subject = subject;
    CHECK(names_of(certificate) == names);
    certificate.san = {"b.example"};
    CHECK(names_of(certificate) == certificate.san);
  }
}

TEST_CASE("evaluate: suites that do not protect break every row for TLS, weak ones are remarked") {
  const std::string bare = "tcp 172.25.33.10 > 10.1.2.11:636 tls ";
  const std::pair<const char*, std::string> cases[] = {
      {"cipher=c02f", "allowed bare"},
      {"cipher=0002",
       "violation bare; high no-encryption cipher: encryption / TLS_RSA_WITH_NULL_SHA; low "
       "weak-key-exchange key-exchange: forward secrecy / TLS_RSA_WITH_NULL_SHA"},
      {"cipher=c0b4 v=0304",
       "violation bare; high no-encryption cipher: encryption / "
       "TLS_SHA256_SHA256"},
      {"cipher=c018",
       "violation bare; high anonymous-cipher cipher: a server that proves who it "
       "is / TLS_ECDH_anon_WITH_AES_128_CBC_SHA"},
      {"cipher=c012",
       "allowed bare; medium weak-cipher cipher: a strong cipher / "
       "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"},
      {"cipher=0035",
       "allowed bare; low weak-key-exchange key-exchange: forward secrecy / "
       "TLS_RSA_WITH_AES_256_CBC_SHA"},
      {"cipher=0033 dh=1024",
       "allowed bare; low weak-key-exchange key-exchange: >= 2048 / DH group "
       "of 1024 bits"},
      {"cipher=0033 dh=2048", "allowed bare"},
      {"cipher=c02f group=19",
       "allowed bare; low weak-key-exchange key-exchange: a curve of 224 "
       "bits or more / secp192r1"},
      {"cipher=c02f group=29", "allowed bare"},
  };
  for (const auto& [facts, want] : cases) {
    CAPTURE(facts);
    CHECK(dump(evaluate(site(), flow_of(bare + facts))) == want);
  }
}

TEST_CASE("evaluate: a signature that does not hold breaks every row for TLS") {
  ClosedFlow flow = flow_of("tcp 172.25.33.10 > 10.1.2.11:636 tls");
  auto& tls = std::get<TlsFacts>(flow.records.front());
  tls.client_proof = tls.server_proof = TlsProof::verified;
  CHECK(dump(evaluate(site(), flow)) == "allowed bare");
  tls.client_proof = TlsProof::unverifiable;
  tls.server_proof = TlsProof::incomplete;
  CHECK(dump(evaluate(site(), flow)) == "allowed bare");
  tls.server_proof = TlsProof::forged;
  CHECK(dump(evaluate(site(), flow)) ==
        "violation bare; critical forged-proof certificate: a handshake signed by the server's key "
        "/ CN=server shown, and not its signature");
}

TEST_CASE("evaluate: a chain that was sent wrongly is remarked") {
  const auto with = [](const CertificateChain& chain) {
    ClosedFlow flow = flow_of("tcp 10.20.5.5 > 10.1.2.10:443 tls");
    std::get<TlsFacts>(flow.records.front()).server_chain = chain;
    return dump(evaluate(site(), flow));
  };
  const auto issued = [](const std::string& subject, const std::string& issuer,
                         const std::string& algorithm = "RSA-SHA256") {
    Certificate certificate = test::leaf_of("ok", "CN=" + subject);
    certificate.issuer = "CN=" + issuer;
    certificate.signature_algorithm = algorithm;
    return certificate;
  };
  const std::string flawed =
      "allowed cli-443; low flawed-chain certificate: server chain in order, signed well / ";
  CHECK(with({issued("a", "b"), issued("b", "c"), issued("c", "c", "RSA-SHA1")}) ==
        "allowed cli-443");
  CHECK(with({issued("a", "b"), issued("c", "c"), issued("b", "c")}) ==
        flawed + "CN=c sent behind a certificate that it did not issue");
  CHECK(with({issued("a", "b", "RSA-SHA1")}) == flawed + "CN=a signed with RSA-SHA1");
  CHECK(with({issued("a", "b"), issued("b", "c", "RSA-MD5")}) ==
        flawed + "CN=b signed with RSA-MD5");
}

TEST_CASE("evaluate: a handshake that was not there, or is a mock, is no TLS to rely on") {
  ClosedFlow flow = flow_of("tcp 172.25.33.40 > 10.1.2.10:4443 tls");
  auto& tls = std::get<TlsFacts>(flow.records.front());
  CHECK(dump(evaluate(site(), flow)) == "allowed rp-4443");
  const std::string open = "undetermined rp-4443 (tls-handshake-not-seen)";
  tls.data_before_handshake = true;
  CHECK(dump(evaluate(site(), flow)) == open);
  tls.data_before_handshake = false;
  tls.client_hello = false;
  CHECK(dump(evaluate(site(), flow)) == open);
  tls.client_hello = true;
  tls.server_hello = false;
  CHECK(dump(evaluate(site(), flow)) == open);
  flow.direction_basis = DirectionBasis::content;
  CHECK(dump(evaluate(site(), flow)) == open);  // the suite may encrypt nothing
  tls.server_hello = true;
  tls.client_hello = false;
  CHECK(dump(evaluate(site(), flow)) == "allowed rp-4443");
}

TEST_CASE("evaluate: discouraged rows and bypassed VIPs are allowed and reported") {
  const Case cases[] = {
      {"tcp 172.25.33.40 > 10.1.3.10:8080 http", "allowed rp-8080; low discouraged"},
      {"tcp 172.25.33.40 > 10.1.3.11:8080 http",
       "allowed rp-8080; medium vip-bypass to: 10.1.3.10 / 10.1.3.11; low discouraged"},
      {"tcp 172.25.33.40 > 10.1.2.10:4443 tls", "allowed rp-4443"},
      {"tcp 172.25.33.40 > 10.1.2.12:4443 tls",
       "allowed rp-4443; medium vip-bypass to: 10.1.2.10 / 10.1.2.12"},
      // rows that do not ask for the VIP accept a member
      {"tcp 10.1.2.11 > 10.1.3.12:444 tls", "allowed dir-fe-444"},
      {"tcp 172.25.33.40 > 10.1.2.12:4443 none out=handshake", "undetermined rp-4443 (no-payload)"},
  };
  check_verdicts(site(), cases);
}

TEST_CASE("evaluate: a VIP is bypassed only by a member of a role that the server has") {
  test::PolicyLines lines;
  lines.policy = site();
  lines.policy.bindings.clear();
  lines.bind("proxy at=172.25.33.40");
  lines.bind("front-end vip=10.1.3.10 members=10.1.3.0/24");
  lines.bind("director vip=10.1.3.20 members=10.1.3.10");
  lines.bind("edge at=10.1.3.30");
  lines.row("web proxy > front-end,director,edge tcp 9443 https vip");
  lines.row("own proxy > director tcp 9444 https vip");
  const Case cases[] = {
      {"tcp 172.25.33.40 > 10.1.3.99:9443 tls",
       "allowed web; medium vip-bypass to: 10.1.3.10 / 10.1.3.99"},
      {"tcp 172.25.33.40 > 10.1.3.10:9443 tls", "allowed web"},  // a VIP and a member
      {"tcp 172.25.33.40 > 10.1.3.10:9444 tls",
       "allowed own; medium vip-bypass to: 10.1.3.20 / 10.1.3.10"},
      {"tcp 172.25.33.40 > 10.1.3.30:9443 tls", "allowed web"},  // in the members' network
  };
  check_verdicts(lines.policy, cases);
}

TEST_CASE("evaluate: several problems stand gravest first, then by kind") {
  const Case cases[] = {
      {"tcp 172.25.33.40 > 10.1.2.12:4443 tls v=0301 cert=expired",
       "violation rp-4443; high old-tls tls-version: >= TLSv1.2 / TLSv1.0; medium "
       "expired-certificate certificate: server certificate valid when used / CN=server valid "
       "until 2026-11-19T10:00:00Z; medium vip-bypass to: 10.1.2.10 / 10.1.2.12"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls v=0300 mutual=declined",
       "violation edge-5061; high not-mutual mutual: client certificate / declined; high old-tls "
       "tls-version: >= TLSv1.0 / SSLv3"},
  };
  check_verdicts(site(), cases);
}

}  // namespace pcapaudit
