// Trust anchors: chains that lead to them, and those that do not, made by OpenSSL in memory.
#include "dissectors/tls/certificates/tls_trust.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include <catch2/catch.hpp>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/release.hpp"
#include "dissectors/tls/certificates/x509.hpp"
#include "policy/judge/verdict.hpp"
#include "support/judge.hpp"
#include "support/temp_dir.hpp"

using namespace pcapaudit;

namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Release<X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, Release<X509_CRL_free>>;
using BioPtr = std::unique_ptr<BIO, Release<BIO_free>>;

constexpr std::int64_t day = 86'400;
constexpr DateTime start{1'700'000'000};
constexpr DateTime after(std::int64_t days) {
  return {start.seconds + days * day};
}

void must(bool holds) {
  if (!holds) throw std::runtime_error("OpenSSL");
}

struct Made {
  KeyPtr key;
  X509Ptr certificate;
};

struct Wish {
  std::string name;
  bool is_ca = false;
  std::string usage = {};   // extended key usage
  std::int64_t days = 100;  // from `start` on
  long serial = 1;
};

void extend(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// Signed by `issuer`, or by itself.
Made make(const Wish& wish, const Made* issuer = nullptr) {
  Made made{.key = KeyPtr(EVP_EC_gen("P-256")), .certificate = X509Ptr(X509_new())};
  X509* const it = made.certificate.get();
  X509_set_version(it, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(it), wish.serial);
  ASN1_TIME_set(X509_getm_notBefore(it), start.seconds);
  ASN1_TIME_set(X509_getm_notAfter(it), after(wish.days).seconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(it), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
  const X509* const signer = issuer != nullptr ? issuer->certificate.get() : it;
  X509_set_issuer_name(it, X509_get_subject_name(signer));
  X509_set_pubkey(it, made.key.get());
  extend(it, NID_basic_constraints, wish.is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  if (!wish.usage.empty()) extend(it, NID_ext_key_usage, wish.usage.c_str());
  must(X509_sign(it, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256()) > 0);
  return made;
}

std::string pem_of(const Made& made) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), made.certificate.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string crl_of(const Made& issuer, long revoked) {
  const CrlPtr crl(X509_CRL_new());
  X509_CRL_set_version(crl.get(), 1);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.certificate.get()));
  const std::unique_ptr<ASN1_TIME, Release<ASN1_TIME_free>> from(
      ASN1_TIME_set(nullptr, start.seconds)),
      to(ASN1_TIME_set(nullptr, after(50).seconds));
  X509_CRL_set1_lastUpdate(crl.get(), from.get());
  X509_CRL_set1_nextUpdate(crl.get(), to.get());
  X509_REVOKED* const entry = X509_REVOKED_new();
  const std::unique_ptr<ASN1_INTEGER, Release<ASN1_INTEGER_free>> serial(ASN1_INTEGER_new());
  ASN1_INTEGER_set(serial.get(), revoked);
  X509_REVOKED_set_serialNumber(entry, serial.get());
  X509_REVOKED_set_revocationDate(entry, from.get());
  X509_CRL_add0_revoked(crl.get(), entry);
  must(X509_CRL_sign(crl.get(), issuer.key.get(), EVP_sha256()) > 0);
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(out.get(), crl.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

SharedCertificate shown(const Made& made) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(made.certificate.get(), &der);
  must(size > 0);
  const SharedCertificate read =
      CertificateReader().read(Bytes(der, static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  return read;
}

std::shared_ptr<const TrustStore> store_of(const std::string& pem) {
  auto store = TrustStore::of(pem);
  if (!store) throw std::runtime_error(store.error().what);
  return *store;
}

}  // namespace

TEST_CASE("trust: a chain leads to an anchor, or it is told why not") {
  using Use = TrustStore::Use;
  const Made root = make({.name = "root", .is_ca = true, .days = 1000});
  const Made other = make({.name = "other root", .is_ca = true});
  const Made issuing = make({.name = "issuing", .is_ca = true, .days = 1000}, &root);
  const Made server = make({.name = "server", .usage = "serverAuth", .serial = 7}, &issuing);
  const Made client = make({.name = "client", .usage = "clientAuth"}, &issuing);
  const Made brief = make({.name = "brief issuing", .is_ca = true, .days = 10}, &root);
  const Made late = make({.name = "late"}, &brief);
  const Made false_issuer = make({.name = "no authority"}, &root);
  const Made forged = make({.name = "forged"}, &false_issuer);
  const Made alone = make({.name = "alone"});

  const auto store = store_of(pem_of(root));
  struct Case {
    std::string what;
    CertificateChain chain;
    Use use;
    DateTime when;
    std::string part;  // of the refusal; "" none
  };
  const Case cases[] = {
      {"whole", {shown(server), shown(issuing)}, Use::server, after(1), ""},
      {"with its root", {shown(server), shown(issuing), shown(root)}, Use::server, after(1), ""},
      {"in another order", {shown(server), shown(root), shown(issuing)}, Use::server, after(1), ""},
      {"a client", {shown(client), shown(issuing)}, Use::client, after(1), ""},
      {"a server as client", {shown(server), shown(issuing)}, Use::client, after(1), "purpose"},
      {"no intermediate", {shown(server)}, Use::server, after(1), "local issuer"},
      {"an issuer that had ended", {shown(late), shown(brief)}, Use::server, after(20), "expired"},
      {"the same while it held", {shown(late), shown(brief)}, Use::server, after(5), ""},
      {"the own time is another finding",
       {shown(server), shown(issuing)},
       Use::server,
       after(200),
       ""},
      {"issued by no authority", {shown(forged), shown(false_issuer)}, Use::server, after(1), "CA"},
      {"self-signed", {shown(alone)}, Use::server, after(1), "self"},
      {"not readable", {Certificate{}}, Use::server, after(1), "cannot be read"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    for (int again = 0; again < 2; ++again) {  // remembered the second time
      const std::string refusal = store->refusal(c.chain, c.use, c.when);
      CAPTURE(refusal);
      CHECK(refusal.empty() == c.part.empty());
      CHECK(refusal.find(c.part) != std::string::npos);
    }
  }
  CHECK(store_of(pem_of(other))->refusal({shown(server), shown(issuing)}, Use::server, after(1)) !=
        "");
  // An issuing authority is anchor enough, and a certificate for itself.
  CHECK(store_of(pem_of(issuing))->refusal({shown(server)}, Use::server, after(1)) == "");
  CHECK(store_of(pem_of(other) + pem_of(alone))->refusal({shown(alone)}, Use::server, after(1)) ==
        "");

  SECTION("CRLs are held against the chain") {
    const auto strict = store_of(pem_of(root) + crl_of(issuing, 7) + crl_of(root, 99));
    const CertificateChain of_server{shown(server), shown(issuing)};
    CHECK(strict->refusal(of_server, Use::server, after(1)) == "certificate revoked");
    CHECK(strict->refusal({shown(client), shown(issuing)}, Use::client, after(1)) == "");
    CHECK(strict->refusal({shown(client), shown(issuing)}, Use::client, after(60)) ==
          "CRL has expired");
    CHECK(strict->refusal({shown(client), shown(issuing)}, Use::client, after(1)) == "");
  }
}

TEST_CASE("trust: a stapled OCSP response says what it says") {
  const Made root = make({.name = "root", .is_ca = true});
  const Made server = make({.name = "server"}, &root);
  const auto response = [&](int status) {
    const std::unique_ptr<OCSP_BASICRESP, Release<OCSP_BASICRESP_free>> basic(OCSP_BASICRESP_new());
    OCSP_CERTID* const id =
        OCSP_cert_to_id(EVP_sha1(), server.certificate.get(), root.certificate.get());
    const std::unique_ptr<ASN1_TIME, Release<ASN1_TIME_free>> now(
        ASN1_TIME_set(nullptr, start.seconds));
    OCSP_basic_add1_status(basic.get(), id, status, 0, now.get(), now.get(), nullptr);
    must(OCSP_basic_sign(basic.get(), root.certificate.get(), root.key.get(), EVP_sha256(), nullptr,
                         0) == 1);
    OCSP_CERTID_free(id);
    const std::unique_ptr<OCSP_RESPONSE, Release<OCSP_RESPONSE_free>> whole(
        OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(whole.get(), &der);
    const std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return bytes;
  };
  const auto status_of = [](const std::string& bytes) {
    return std::string(to_text(stapled_status(as_bytes(bytes))));
  };
  const std::string good = response(V_OCSP_CERTSTATUS_GOOD);
  CHECK(status_of(good) == "good");
  CHECK(status_of(response(V_OCSP_CERTSTATUS_REVOKED)) == "revoked");
  CHECK(status_of(response(V_OCSP_CERTSTATUS_UNKNOWN)) == "unknown");
  CHECK(status_of("") == "unreadable");
  CHECK(status_of("junk") == "unreadable");
  for (std::size_t size = 1; size < good.size(); ++size) {
    CHECK(status_of(good.substr(0, size)) == "unreadable");
  }
}

TEST_CASE("trust: what is no PEM of certificates is refused") {
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("-----BEGIN CERTIFICATE-----\nAAAA\n"),
        crl_of(make({.name = "root", .is_ca = true}), 1)}) {
    CHECK_FALSE(TrustStore::of(text));
  }
}

TEST_CASE("trust: a policy names its anchors, which are part of it") {
  namespace fs = std::filesystem;
  const test::TempDir owner;
  const fs::path& folder = owner.path;
  fs::create_directories(folder / "cas");
  const Made root = make({.name = "root", .is_ca = true, .days = 30'000});
  const Made server = make({.name = "server", .days = 30'000}, &root);
  const auto write = [](const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
  };
  const auto policy_text = [](const std::string& trust) {
    return "format = 1\n[site]\nname = \"s\"\ntimezone = \"UTC\"\n"
           "internal_networks = [\"10.0.0.0/8\"]\n[role.a]\ntitle = \"a\"\n[role.b]\n"
           "title = \"b\"\n[bind.a]\naddresses = [\"10.1.0.1\"]\n[bind.b]\n"
           "addresses = [\"10.1.0.2\"]\n[[flow]]\nid = \"r\"\nfrom = \"a\"\nto = \"b\"\n"
           "port = 443\napp = \"https\"\ntls = \"t\"\nwhy = \"w\"\nowner = \"o\"\n"
           "[tls.t]\ntrust = \"" +
           trust + "\"\n";
  };
  write(folder / "ca.pem", pem_of(root));
  write(folder / "cas" / "1.pem", pem_of(make({.name = "other", .is_ca = true})));
  write(folder / "cas" / "2.pem", pem_of(root));
  write(folder / "empty.pem", "nothing\n");

  ClosedFlow flow = test::flow_of("tcp 10.1.0.1 > 10.1.0.2:443 tls");
  auto& tls = std::get<TlsFacts>(flow.records.front());
  std::string digest;
  for (const std::string trust : {"ca.pem", "cas"}) {
    CAPTURE(trust);
    write(folder / "site.toml", policy_text(trust));
    const auto policy = load_policy({(folder / "site.toml").string()});
    if (!policy) FAIL(policy.error().what);
    CHECK(policy->digest != digest);
    digest = policy->digest;
    tls.server_chain = {shown(server)};
    CHECK(to_text(Judge(*policy).judge(flow).kind) == "allowed");
    tls.server_chain = {shown(make({.name = "alone", .days = 30'000}))};
    const Verdict verdict = Judge(*policy).judge(flow);
    REQUIRE(verdict.problems.size() == 1);
    CHECK(verdict.problems.front().kind == FindingKind::untrusted_certificate);
    CHECK(verdict.problems.front().expected == "server certificate trusted by " + trust);
    // As it was read, when the file is no more.
    fs::rename(folder / trust, folder / "away");
    const auto again = load_policy_texts(policy->files);
    REQUIRE(again);
    CHECK(again->digest == digest);
    CHECK(Judge(*again).judge(flow) == verdict);
    fs::rename(folder / "away", folder / trust);
  }
  for (const auto& [trust, what] :
       {std::pair{"nowhere.pem", "cannot be read"}, {"empty.pem", "holds no certificate"}}) {
    write(folder / "site.toml", policy_text(trust));
    const auto policy = load_policy({(folder / "site.toml").string()});
    REQUIRE_FALSE(policy);
    CHECK(policy.error().what.find(what) != std::string::npos);
    CHECK(policy.error().where.find(":24:") != std::string::npos);
  }
}
