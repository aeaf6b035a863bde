// The call that other programs make: what it counts, whose dissectors it asks, what it refuses.
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <pcapaudit/audit.hpp>

#include "store/store.hpp"
#include "support/temp_dir.hpp"

namespace pcapaudit {
namespace {

namespace fs = std::filesystem;

const std::string deviating = PCAPAUDIT_SAMPLES "/deviating.pcapng";
const std::string site = PCAPAUDIT_SAMPLES "/site.toml";

// Takes what begins like HTTP, and reads nothing of it.
class Request final : public Dissector {
 public:
  Step consume(Direction, Bytes, RecordSink&) override { return Step::done(); }
  void finish(const SeenStream&, RecordSink& out) override {
    out.emit(GenericFacts{.protocol = "own-request", .fields = {{.name = "seen", .value = "1"}}});
  }
};

Probe probe_request(Bytes prefix, Carrier) {
  constexpr std::string_view request = "GET ", answer = "HTTP/";
  const std::string_view text = as_text(prefix);
  if (text.starts_with(request)) return Probe::mine(Probe::Speaker::client);
  if (text.starts_with(answer)) return Probe::mine(Probe::Speaker::server);
  const bool begins = request.starts_with(text) || answer.starts_with(text);
  return begins ? Probe::need_more() : Probe::not_mine();
}

std::unique_ptr<Dissector> make_request(Carrier) {
  return std::make_unique<Request>();
}

constexpr DissectorSpec request{
    .name = "own-request", .carriers = over_tcp, .probe = probe_request, .make = make_request};
constexpr std::array<const DissectorSpec*, 1> own = {&request};

using Folder = test::TempDir;

std::map<std::string, std::uint64_t> apps_of(AuditOptions options) {
  std::map<std::string, std::uint64_t> apps;
  options.captures = {deviating};
  options.policies = {site};
  const auto done = audit(options, [&](const JudgedFlow& flow) { ++apps[std::string(flow.app)]; });
  REQUIRE(done);
  return apps;
}

TEST_CASE("audit call: the sums are those of samples/expected.tsv, whatever the threads") {
  AuditSummary want;
  std::ifstream file(PCAPAUDIT_SAMPLES "/expected.tsv");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("deviating.pcapng\t")) continue;
    ++want.flows;
    want.allowed += line.find("\tallowed\t") != std::string::npos;
    want.violation += line.find("\tviolation\t") != std::string::npos;
    want.undetermined += line.find("\tundetermined\t") != std::string::npos;
    want.ignored += line.find("\tignored\t") != std::string::npos;
  }
  REQUIRE(want.flows > 40);
  for (const unsigned threads : {0U, 1U, 3U}) {
    CAPTURE(threads);
    std::set<std::uint64_t> ids;
    const auto done = audit({.captures = {deviating}, .policies = {site}, .threads = threads},
                            [&](const JudgedFlow& flow) {
                              ids.insert(flow.id);
                              CHECK(!flow.reason.empty());
                              CHECK(flow.reason.ends_with('.'));
                              CHECK((flow.verdict == VerdictKind::violation) <= !flow.kind.empty());
                            });
    REQUIRE(done);
    CHECK(ids.size() == want.flows);
    CHECK(done->flows == want.flows);
    CHECK(done->allowed == want.allowed);
    CHECK(done->violation == want.violation);
    CHECK(done->undetermined == want.undetermined);
    CHECK(done->ignored == want.ignored);
    CHECK(done->damaged.empty());
    CHECK_FALSE(done->stopped);
  }
}

TEST_CASE("audit call: dissectors of the caller's before and after the built-in ones") {
  const auto plain = apps_of({});
  REQUIRE(plain.at("http") > 0);
  CHECK(!plain.contains("own-request"));
  // HTTP has its say first.
  CHECK(apps_of({.dissectors_after = own}) == plain);
  for (const unsigned threads : {0U, 1U, 3U}) {
    auto before = apps_of({.threads = threads, .dissectors_before = own});
    CHECK(before["own-request"] > 0);
    CHECK(before["own-request"] + before["http"] == plain.at("http"));
    CHECK(before["tls"] == plain.at("tls"));
  }
}

TEST_CASE(
    "audit call: policies name what the caller's dissectors tell, and the database keeps it") {
  const Folder folder;
  const std::string policy = folder.file("own.toml"), database = folder.file("own.db");
  std::ofstream(policy) << "format = 1\n[site]\nname = \"Own\"\njudge = \"all\"\n[[flow]]\n"
                           "id = \"own\"\nfrom = \"any\"\nto = \"any\"\nport = 80\n"
                           "app = \"own-request\"\nwhy = \"test\"\nowner = \"test\"\n"
                           "approved = 2026-02-03\n";
  CHECK_FALSE(audit({.captures = {deviating}, .policies = {policy}}));  // nobody tells it

  std::set<std::string> rows;
  const AuditOptions options{.captures = {deviating},
                             .policies = {policy},
                             .database = database,
                             .dissectors_before = own};
  const auto done = audit(options, [&](const JudgedFlow& flow) {
    if (flow.verdict != VerdictKind::allowed) return;
    rows.insert(std::string(flow.row));
    CHECK(flow.app == "own-request");
    CHECK(flow.server.port == 80);
    CHECK(flow.records.size() == 1);
  });
  REQUIRE(done);
  CHECK(done->allowed > 0);
  CHECK(rows == std::set<std::string>{"own"});

  // A program without the dissector reads it.
  const auto store = Store::open(database);
  REQUIRE(store);
  const auto stored = (*store)->policy();
  REQUIRE(stored);
  REQUIRE(stored->flows.size() == 1);
  CHECK(stored->flows[0].app == "own-request");

  const auto again = audit(options);
  REQUIRE_FALSE(again);
  CHECK(again.error().what == database + " exists already");
}

TEST_CASE("audit call: what it refuses") {
  constexpr DissectorSpec capital{
      .name = "Own", .carriers = over_tcp, .probe = probe_request, .make = make_request};
  constexpr DissectorSpec without_probe{
      .name = "own", .carriers = over_tcp, .probe = nullptr, .make = make_request};
  constexpr DissectorSpec nameless{
      .name = "", .carriers = over_tcp, .probe = probe_request, .make = make_request};
  for (const DissectorSpec* spec :
       {&capital, &without_probe, &nameless, static_cast<const DissectorSpec*>(nullptr)}) {
    const std::array<const DissectorSpec*, 1> list = {spec};
    CHECK_FALSE(audit({.captures = {deviating}, .policies = {site}, .dissectors_before = list}));
    CHECK_FALSE(audit({.captures = {deviating}, .policies = {site}, .dissectors_after = list}));
  }
  CHECK_FALSE(audit({.captures = {deviating}, .policies = {site}, .threads = 65}));
  CHECK_FALSE(audit({.captures = {deviating}, .policies = {site}, .memory = 1}));
  CHECK_FALSE(audit({.captures = {deviating}, .policies = {site}, .filter = "no filter"}));
  CHECK_FALSE(audit({.captures = {deviating}, .policies = {"no such policy"}}));
  CHECK_FALSE(audit({.captures = {"no such capture"}, .policies = {site}}));
  CHECK_FALSE(
      audit({.captures = {deviating}, .policies = {site}, .database = deviating, .replace = true}));
  CHECK_FALSE(
      audit({.captures = {deviating}, .policies = {site}, .database = site, .replace = true}));
}

TEST_CASE("audit call: a capture cut short is damaged, and the rest is judged; a stop ends early") {
  const Folder folder;
  const std::string cut = folder.file("cut.pcapng");
  fs::copy_file(deviating, cut);
  fs::resize_file(cut, fs::file_size(cut) / 2 + 1);
  const auto done = audit({.captures = {cut}, .policies = {site}});
  REQUIRE(done);
  CHECK(done->damaged.size() == 1);
  CHECK(done->flows > 0);

  const std::atomic<int> stop = 1;
  const auto stopped = audit({.captures = {deviating}, .policies = {site}, .stop = &stop});
  REQUIRE(stopped);
  CHECK(stopped->stopped);
  CHECK(stopped->flows == 0);
}

}  // namespace
}  // namespace pcapaudit
