// Alerts: the escaping rules of each format, folding, and the sinks.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor/alert/alert_folder.hpp"
#include "monitor/alert/alert_outlet.hpp"
#include "monitor/alert/alert_sink.hpp"
#include "support/temp_dir.hpp"

using namespace pcapaudit;
using Json = nlohmann::json;

namespace {

constexpr Timestamp noon{1'795'176'000 * ns_per_second +
                         123'456'789};  // 2026-11-20T12:00:00.1234...

Alert sample() {
  Alert alert;
  alert.finding = "V-7A21";
  alert.kind = "undocumented";
  alert.severity = Severity::high;
  alert.client_role = "reverse-proxy-int";
  alert.server_role = "director";
  alert.service = "HTTPS";
  alert.outcome = "data";
  alert.rule = "rp-int-4443";
  alert.text = "no documented flow";
  alert.client = {.address = *IpAddress::parse("10.1.0.5"), .port = 50000};
  alert.server = {.address = *IpAddress::parse("10.2.0.11"), .port = 443};
  alert.flow = 17;
  alert.first = {noon.ns - ns_per_second};
  alert.last = noon;
  alert.policy_digest = "d1";
  return alert;
}

const AlertOrigin origin{.host = "span1", .version = "0.1.0", .interface = "eth1", .process = 42};

std::string formatted(const Alert& alert, AlertFormat format) {
  return format_alert(alert, origin, format);
}

}  // namespace

// Facility 13 and severity 3 (error): 13 * 8 + 3 = 107.
TEST_CASE("alert: an RFC 5424 line, written out") {
  CHECK(formatted(sample(), AlertFormat::rfc5424) ==
        "<107>1 2026-11-20T12:00:00.123456Z span1 pcapaudit 42 finding "
        "[finding@32473 id=\"V-7A21\" kind=\"undocumented\" severity=\"high\" "
        "clientRole=\"reverse-proxy-int\" serverRole=\"director\" client=\"10.1.0.5\" "
        "clientPort=\"50000\" server=\"10.2.0.11\" serverPort=\"443\" transport=\"tcp\" "
        "service=\"HTTPS\" outcome=\"data\" rule=\"rp-int-4443\" flow=\"17\" flows=\"1\" "
        "flowsInAll=\"1\" policy=\"d1\"] no documented flow");
}

TEST_CASE("alert: syslog severities") {
  const std::pair<Severity, std::string> cases[] = {{Severity::info, "<110>"},
                                                    {Severity::low, "<109>"},
                                                    {Severity::medium, "<108>"},
                                                    {Severity::high, "<107>"},
                                                    {Severity::critical, "<106>"}};
  for (const auto& [severity, want] : cases) {
    Alert alert = sample();
    alert.severity = severity;
    CHECK(formatted(alert, AlertFormat::rfc5424).starts_with(want));
  }
}

// RFC 5424 6.3.3: `"`, `\` and `]` are escaped; a line break would begin a new message.
TEST_CASE("alert: structured data cannot be broken out of") {
  Alert alert = sample();
  alert.service = "a\"b\\c]d\ne";
  alert.text = "x\n<0>1 forged";
  const std::string line = formatted(alert, AlertFormat::rfc5424);
  CHECK(line.find("service=\"a\\\"b\\\\c\\]d\xef\xbf\xbd"
                  "e\"") != std::string::npos);
  CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("alert: a host name with blanks does not shift the header") {
  AlertOrigin odd = origin;
  odd.host = "my host";
  CHECK(format_alert(sample(), odd, AlertFormat::rfc5424).find(" my?host pcapaudit ") !=
        std::string::npos);
  odd.host = "";
  CHECK(format_alert(sample(), odd, AlertFormat::rfc5424).find("Z - pcapaudit ") !=
        std::string::npos);
}

TEST_CASE("alert: JSON has the columns of v_finding, with null for what is not known") {
  Alert alert = sample();
  alert.service.clear();
  alert.transport = Transport::icmp;
  alert.client.port = alert.server.port = 0;
  const Json json = Json::parse(formatted(alert, AlertFormat::json));
  CHECK(json["finding"] == "V-7A21");
  CHECK(json["severity"] == "high");
  CHECK(json["service"].is_null());
  CHECK(json["server_port"].is_null());
  CHECK(json["time"] == "2026-11-20T12:00:00.123456789Z");
  CHECK(json["nearest_rule"] == "rp-int-4443");
  CHECK(json["flows"] == 1);
}

TEST_CASE("alert: bytes that are no UTF-8 stay inside their JSON string") {
  Alert alert = sample();
  alert.text = "\xff\" } \n";
  for (const AlertFormat format : {AlertFormat::json, AlertFormat::ecs}) {
    const std::string line = formatted(alert, format);
    CHECK(line.find('\n') == std::string::npos);
    CHECK_NOTHROW(Json::parse(line));
  }
}

TEST_CASE("alert: ECS field names and types") {
  const Json json = Json::parse(formatted(sample(), AlertFormat::ecs));
  CHECK(json["event"]["kind"] == "alert");
  CHECK(json["event"]["category"] == Json::array({"network"}));
  CHECK(json["source"]["ip"] == "10.1.0.5");
  CHECK(json["source"]["port"] == 50000);
  CHECK(json["destination"]["port"] == 443);
  CHECK(json["network"]["transport"] == "tcp");
  CHECK(json["observer"]["ingress"]["interface"]["name"] == "eth1");
  CHECK(json["rule"]["id"] == "V-7A21");
}

// 1795176000 s is 2026-11-20T12:00:00Z.
TEST_CASE("alert: a CEF line, written out") {
  CHECK(formatted(sample(), AlertFormat::cef) ==
        "CEF:0|pcapaudit|pcapaudit|0.1.0|undocumented|reverse-proxy-int to director|8|"
        "rt=1795176000123 start=1795175999123 end=1795176000123 src=10.1.0.5 spt=50000 "
        "dst=10.2.0.11 dpt=443 proto=TCP app=HTTPS outcome=data cnt=1 externalId=V-7A21 "
        "dvchost=span1 deviceInboundInterface=eth1 cs1=reverse-proxy-int cs1Label=clientRole "
        "cs2=director cs2Label=serverRole cs3=rp-int-4443 cs3Label=documentedFlow cs4=d1 "
        "cs4Label=policyDigest msg=no documented flow");
}

// Pipes end header fields and stand freely in extensions; equals signs the other way round.
TEST_CASE("alert: CEF escapes pipes in the header, equals signs in values, backslashes in both") {
  Alert alert = sample();
  alert.client_role = "a|b=c\\d";
  const std::string line = formatted(alert, AlertFormat::cef);
  CHECK(line.find("|a\\|b=c\\\\d to director|") != std::string::npos);
  CHECK(line.find(" cs1=a|b\\=c\\\\d ") != std::string::npos);
}

TEST_CASE("alert: CEF puts IPv6 addresses into the fields made for them") {
  Alert alert = sample();
  alert.client.address = *IpAddress::parse("2001:db8::1");
  alert.server.address = *IpAddress::parse("2001:db8::2");
  const std::string line = formatted(alert, AlertFormat::cef);
  CHECK(line.find(" c6a2=2001:db8::1 c6a2Label=Source IPv6 Address ") != std::string::npos);
  CHECK(line.find(" c6a3=2001:db8::2 c6a3Label=Destination IPv6 Address ") != std::string::npos);
  CHECK(line.find(" src=") == std::string::npos);
}

TEST_CASE("alert: format names") {
  CHECK(parse_alert_format("cef") == AlertFormat::cef);
  CHECK(parse_alert_format("rfc5424") == AlertFormat::rfc5424);
  CHECK_FALSE(parse_alert_format("CEF "));
}

namespace {

constexpr std::int64_t minute = 60 * ns_per_second;
Timestamp after(std::int64_t ns) {
  return {noon.ns + ns};
}

}  // namespace

TEST_CASE("alert folder: the first is news, repeats are one line with their count") {
  AlertFolder folder(10 * minute);
  const auto first = folder.add(sample(), noon);
  REQUIRE(first);
  CHECK(first->flows == 1);
  for (std::uint64_t flow = 18; flow < 21; ++flow) {
    Alert repeat = sample();
    repeat.flow = flow;
    CHECK_FALSE(folder.add(repeat, after(minute)));
  }
  CHECK(folder.due(after(9 * minute)).empty());
  const auto due = folder.due(after(10 * minute));
  REQUIRE(due.size() == 1);
  CHECK(due[0].flows == 3);
  CHECK(due[0].in_all == 4);
  CHECK(due[0].flow == 20);
}

TEST_CASE("alert folder: a repeat after the interval carries those folded before it") {
  AlertFolder folder(minute);
  (void)folder.add(sample(), noon);
  CHECK_FALSE(folder.add(sample(), after(1)));
  const auto next = folder.add(sample(), after(2 * minute));
  REQUIRE(next);
  CHECK(next->flows == 2);
  CHECK(folder.flush().empty());
}

TEST_CASE("alert folder: a finding that was silent for an interval is news again") {
  AlertFolder folder(minute);
  (void)folder.add(sample(), noon);
  CHECK(folder.due(after(minute)).empty());
  const auto next = folder.add(sample(), after(minute + 1));
  REQUIRE(next);
  CHECK(next->in_all == 1);
}

TEST_CASE("alert folder: the end tells what is still folded") {
  AlertFolder folder(minute);
  (void)folder.add(sample(), noon);
  CHECK_FALSE(folder.add(sample(), after(1)));
  const auto rest = folder.flush();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].flows == 1);
  CHECK(folder.flush().empty());
}

TEST_CASE("alert folder: a scan fills its own severity and no other") {
  AlertFolder folder(minute);
  for (std::size_t i = 0; i < AlertFolder::max_findings + 5; ++i) {
    Alert alert = sample();
    alert.severity = Severity::medium;
    alert.finding = "V-" + std::to_string(i);
    CHECK(folder.add(alert, noon).has_value() == (i < AlertFolder::max_findings));
  }
  CHECK(folder.withheld() == 5);
  CHECK(folder.add(sample(), noon));
  CHECK(folder.due(after(minute)).empty());  // all silent: room again
  Alert late = sample();
  late.severity = Severity::medium;
  late.finding = "V-late";
  CHECK(folder.add(late, after(minute)));
}

namespace {

// A folder that is gone at the end of the test.
// A syslog daemon's end of the socket.
struct Listener {
  int socket = -1;
  explicit Listener(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~Listener() { ::close(socket); }
  std::string receive() const {
    std::string text(4096, '\0');
    const ssize_t length = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
    text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return text;
  }
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("alert sink: syslog gets one datagram for each alert, also after its daemon restarted") {
  const test::TempDir scratch;
  const std::string path = (scratch.path / "log").string();
  std::unique_ptr<AlertSink> sink;
  {
    const Listener daemon(path);
    auto opened = open_alert_sink("syslog", path);
    REQUIRE(opened);
    sink = std::move(*opened);
    REQUIRE(sink->write("one"));
    REQUIRE(sink->write("two"));
    CHECK(daemon.receive() == "one");
    CHECK(daemon.receive() == "two");
  }
  std::filesystem::remove(path);
  CHECK_FALSE(sink->write("lost"));
  const Listener daemon(path);
  REQUIRE(sink->write("three"));
  CHECK(daemon.receive() == "three");
}

TEST_CASE("alert sink: a full syslog socket is an error, not a pause") {
  const test::TempDir scratch;
  const std::string path = (scratch.path / "log").string();
  const Listener daemon(path);
  const auto sink = open_alert_sink("syslog", path);
  REQUIRE(sink);
  bool refused = false;
  for (int i = 0; i < 100'000 && !refused; ++i) refused = !(*sink)->write("line");
  CHECK(refused);
}

TEST_CASE("alert sink: a file is appended to, and begun anew after it was moved away") {
  const test::TempDir scratch;
  const auto path = scratch.path / "alerts";
  std::ofstream(path) << "before\n";
  const auto sink = open_alert_sink(path.string());
  REQUIRE(sink);
  REQUIRE((*sink)->write("one"));
  std::filesystem::rename(path, scratch.path / "alerts.1");
  REQUIRE((*sink)->write("two"));
  REQUIRE((*sink)->reopen());
  REQUIRE((*sink)->write("three"));
  CHECK(content(scratch.path / "alerts.1") == "before\none\ntwo\n");
  CHECK(content(path) == "three\n");
}

TEST_CASE("alert sink: a symbolic link is not followed") {
  const test::TempDir scratch;
  std::ofstream(scratch.path / "precious") << "x";
  std::filesystem::create_symlink(scratch.path / "precious", scratch.path / "alerts");
  CHECK_FALSE(open_alert_sink((scratch.path / "alerts").string()));
  CHECK(content(scratch.path / "precious") == "x");
}

TEST_CASE("alert sink: a pipe that nobody reads is an error, and one that is full is no pause") {
  const test::TempDir scratch;
  const std::string path = (scratch.path / "pipe").string();
  std::signal(SIGPIPE, SIG_IGN);  // as the program does
  REQUIRE(::mkfifo(path.c_str(), S_IRUSR | S_IWUSR) == 0);
  CHECK_FALSE(open_alert_sink(path));
  int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  const auto sink = open_alert_sink(path);
  REQUIRE(sink);
  const std::string line(1000, 'a');
  bool refused = false;
  for (int i = 0; i < 100'000 && !refused; ++i) refused = !(*sink)->write(line);
  CHECK(refused);
  std::string text(1'000'000, '\0');
  const auto read = [&] {
    const ssize_t got = ::read(reader, text.data(), text.size());
    return text.substr(0, got < 0 ? 0 : static_cast<std::size_t>(got));
  };
  const std::string all = read();
  CHECK(all.size() > 4000);
  CHECK((*sink)->write("next"));
  CHECK((all + read()).ends_with("\nnext\n"));
  ::close(reader);
  CHECK_FALSE((*sink)->write("lost"));
  CHECK_FALSE((*sink)->write("lost"));
  reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  CHECK((*sink)->write("again"));
  CHECK(read() == "again\n");
  ::close(reader);
}

namespace {

// Takes the first line and never comes back, as a terminal that was stopped.
class Stuck final : public AlertSink {
 public:
  explicit Stuck(int reading) : reading_(reading) {}
  Result<void> write(std::string_view) override {
    char byte = 0;
    (void)!::read(reading_, &byte, 1);
    return {};
  }
  Result<void> reopen() override { return {}; }

 private:
  int reading_;
};

}  // namespace

TEST_CASE(
    "alert outlet: who does not read loses lines, each of them counted, and holds up nobody") {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  {
    AlertOutlet outlet(std::make_unique<Stuck>(pipe[0]));
    constexpr std::uint64_t lines = 10'000;
    for (std::uint64_t i = 0; i < lines; ++i) outlet.send("line");
    CHECK(outlet.lost() > 0);
    outlet.close();
    CHECK(outlet.sent() == 0);
    CHECK(outlet.lost() == lines - 1);  // the one that is stuck may still arrive
  }
  ::close(pipe[1]);
}

TEST_CASE("alert outlet: lines come in order, and behind a moved file") {
  const test::TempDir scratch;
  const auto path = scratch.path / "alerts";
  auto sink = open_alert_sink(path.string());
  REQUIRE(sink);
  AlertOutlet outlet(*std::move(sink));
  outlet.send("one");
  outlet.send("two");
  outlet.close();
  CHECK(content(path) == "one\ntwo\n");
  CHECK(outlet.sent() == 2);
  CHECK(outlet.lost() == 0);
}
