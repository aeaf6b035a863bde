// The monitor's status as metrics, as a line and as a screen; the metrics served over HTTP.
#include <cstdio>
#include <memory>
#include <sstream>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/host/metrics_server.hpp"
#include "monitor/status.hpp"

using namespace pcapaudit;

namespace {

constexpr Timestamp noon{1'795'176'000 * ns_per_second};

MonitorStatus sample() {
  MonitorStatus status;
  status.version = "0.1.0";
  status.started = {noon.ns - 90061 * ns_per_second};  // a day, an hour, a minute, a second
  status.now = noon;
  status.interfaces = {{.name = "eth1",
                        .up = true,
                        .packets = 990,
                        .bytes = 123456,
                        .kernel_dropped = 7,
                        .nic_dropped = 3,
                        .truncated = 2,
                        .blind_ns = 1'500'000'000}};
  status.packets_per_second = 1234.4;
  status.bits_per_second = 2.5e6;
  status.decode_issues[0] = 11;
  status.verdicts = {20, 4, 1, 2, 8};
  status.open_flows = 3;
  status.flows_evicted = 5;
  status.flows_capped = 6;
  status.flows_not_written = 7;
  status.writer_wait_ns = 500'000'000;
  status.findings = {{{Severity::high, "undocumented"}, 4}};
  status.recent = {{.time = noon,
                    .finding = "V-7A21",
                    .text = "proxy to director\x1b[2J",
                    .severity = Severity::high}};
  status.rule_last_seen = {{"dir-int-443", noon}};
  status.exception_ends = {{"W-1", noon}};
  status.policy_digest = "0123456789abcdef";
  status.site = "a\"b\\c\nd";
  status.policy_loaded = noon;
  status.database = "/var/lib/pcapaudit/q4.db";
  status.database_bytes = 5 * 1024 * 1024;
  status.disk_free = 3ULL * 1024 * 1024 * 1024;
  status.alerts_sent = 3;
  return status;
}

bool holds(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  ::pclose(pipe);
  return text;
}

}  // namespace

TEST_CASE("metrics: names, labels and values") {
  const std::string text = render_metrics(sample());
  CHECK(holds(text, "pcapaudit_packets_total{interface=\"eth1\"} 990"));
  CHECK(holds(text, "pcapaudit_packets_lost_total{interface=\"eth1\",stage=\"kernel\"} 7"));
  CHECK(holds(text, "pcapaudit_packets_lost_total{interface=\"eth1\",stage=\"nic\"} 3"));
  CHECK(holds(text, "pcapaudit_packets_lost_total{interface=\"eth1\",stage=\"snaplen\"} 2"));
  CHECK(holds(text, "pcapaudit_blind_seconds_total{interface=\"eth1\"} 1.5"));
  CHECK(holds(text, "pcapaudit_decode_issues_total{issue=\"not-ip\"} 11"));
  CHECK(holds(text, "pcapaudit_flows_total{verdict=\"undetermined\"} 2"));
  CHECK(holds(text, "pcapaudit_findings_total{severity=\"high\",kind=\"undocumented\"} 4"));
  CHECK(holds(text, "pcapaudit_rule_last_seen_timestamp_seconds{rule=\"dir-int-443\"} 1795176000"));
  CHECK(holds(text, "pcapaudit_waiver_expiry_timestamp_seconds{id=\"W-1\"} 1795176000"));
}

TEST_CASE("metrics: every sample stands behind the HELP and TYPE lines of its metric, once each") {
  std::istringstream lines(render_metrics(sample()));
  std::string line, current;
  std::map<std::string, int> begun;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string hash, what, name;
    if (line.starts_with("# ")) {
      words >> hash >> what >> name;
      current = name;
      ++begun[what + name];
    } else {
      CHECK(line.substr(0, line.find_first_of("{ ")) == current);
    }
  }
  for (const auto& [what, times] : begun) CHECK(times == 1);
}

// Text format: `\`, `"` and line feed are escaped in label values; control characters go before.
TEST_CASE("metrics: a label cannot be broken out of") {
  CHECK(render_metrics(sample()).find("site=\"a\\\"b\\\\c\xef\xbf\xbd"
                                      "d\"}") != std::string::npos);
}

TEST_CASE("metrics: promtool has nothing to say") {
  if (output_of("command -v promtool").empty()) {
    WARN("promtool is not installed");
    return;
  }
  const std::string path = output_of("mktemp");
  const std::string name = path.substr(0, path.size() - 1);
  FILE* file = std::fopen(name.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fputs(render_metrics(sample()).c_str(), file);
  std::fclose(file);
  CHECK(output_of("promtool check metrics < " + name + " 2>&1; echo $?") == "0\n");
  std::remove(name.c_str());
}

TEST_CASE("metrics: served to curl, the last published text each time") {
  const auto server = MetricsServer::start("127.0.0.1:0");
  REQUIRE(server);
  const std::string url = "http://127.0.0.1:" + std::to_string((*server)->port());
  (*server)->publish("one\n");
  CHECK(output_of("curl -sS --noproxy '*' " + url + "/metrics") == "one\n");
  (*server)->publish("two\n");
  CHECK(output_of("curl -sS --noproxy '*' " + url + "/metrics") == "two\n");
  CHECK(output_of("curl -sS --noproxy '*' -o /dev/null -w '%{content_type}' " + url + "/metrics") ==
        "text/plain; version=0.0.4; charset=utf-8");
  CHECK(output_of("curl -sS --noproxy '*' -o /dev/null -w '%{http_code}' " + url + "/") == "404");
}

namespace {

// A connection of somebody who may not behave.
class Guest {
 public:
  explicit Guest(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0);
    const timeval patience{.tv_sec = 30, .tv_usec = 0};  // against a hanging test
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  }
  Guest(Guest&&) = delete;
  ~Guest() { ::close(socket_); }

  bool send(const std::string& text) const {
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }
  std::string rest() const {
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = ::recv(socket_, piece, sizeof(piece), 0)) > 0;) {
      text.append(piece, static_cast<std::size_t>(got));
    }
    return text;
  }
  std::string said(const std::string& request) const {
    (void)send(request);
    return rest();
  }

 private:
  int socket_;
};

const std::string scrape = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace

TEST_CASE("metrics: requests that are none, too long or want more than there is") {
  const auto server = MetricsServer::start("127.0.0.1:0");
  REQUIRE(server);
  (*server)->publish("one\n");
  const auto said = [&](const std::string& request) {
    return Guest((*server)->port()).said(request).substr(0, 12);
  };
  const std::string get = "GET /metrics HTTP/1.1\r\n", host = "Host: x\r\n";
  CHECK(said(scrape) == "HTTP/1.1 200");
  CHECK(said(get + host + "Range: bytes=0-0,1-1,0-\r\n\r\n") == "HTTP/1.1 200");
  CHECK(said("HEAD /metrics HTTP/1.1\r\n" + host + "\r\n") == "HTTP/1.1 200");
  CHECK(said("GET /%2e%2e/etc/passwd HTTP/1.1\r\n" + host + "\r\n") == "HTTP/1.1 404");
  CHECK(said("POST /metrics HTTP/1.1\r\n" + host + "Content-Length: 99999999999\r\n\r\n") ==
        "HTTP/1.1 405");
  CHECK(said("POST /metrics HTTP/1.1\r\n" + host +
             "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n") == "HTTP/1.1 405");
  CHECK(said(get + "X: " + std::string(20000, 'a') + "\r\n\r\n") != "HTTP/1.1 200");
  CHECK(said("GET /" + std::string(1'000'000, 'a')) != "HTTP/1.1 200");
  CHECK(said(std::string(100'000, '\xff')) != "HTTP/1.1 200");
  const Guest endless((*server)->port());
  (void)endless.send(get);
  std::string lines;
  while (lines.size() < 60'000) lines += "A: b\r\n";
  std::size_t taken = 0;
  while (taken < 1000 && endless.send(lines)) ++taken;
  CHECK(taken < 1000);  // 60 MB: more than the sockets hold
  CHECK(said(scrape) == "HTTP/1.1 200");
}

TEST_CASE("metrics: those who ask slowly, or nothing, keep nobody else waiting") {
  const auto server = MetricsServer::start("127.0.0.1:0");
  REQUIRE(server);
  (*server)->publish("one\n");
  std::vector<std::unique_ptr<Guest>> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(std::make_unique<Guest>((*server)->port()));
    if (i % 2 == 0) CHECK(idle.back()->send("GET /metrics HTTP/1.1\r\nX"));
    CHECK(Guest((*server)->port()).said(scrape).ends_with("one\n"));
  }
  CHECK(idle.front()->rest().find("200") == std::string::npos);  // it had to go
}

TEST_CASE("metrics: a port that is taken is an error") {
  const auto first = MetricsServer::start("127.0.0.1:0");
  REQUIRE(first);
  const auto second = MetricsServer::start("127.0.0.1:" + std::to_string((*first)->port()));
  CHECK_FALSE(second);
}

TEST_CASE("metrics: addresses that are none") {
  for (const char* address : {"", "9466", ":9466", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000",
                              "::1:9466", "127.0.0.1:-1"}) {
    CAPTURE(address);
    CHECK_FALSE(MetricsServer::start(address));
  }
}

// 10 of 1000 packets were lost.
TEST_CASE("status: loss is a number") {
  CHECK(sample().loss_percent() == Approx(1.0));
  CHECK(MonitorStatus{}.loss_percent() == 0);
  CHECK(status_line(MonitorStatus{}).find("0 lost (0.000 %)") != std::string::npos);
}

TEST_CASE("status: the line") {
  CHECK(status_line(sample()) ==
        "1 234 packets/s, 2.5 Mbit/s; 10 lost (1.000 %); violations 4, undetermined 2; 3.0 GiB "
        "free");
  MonitorStatus status = sample();
  status.interfaces[0].up = false;
  status.policy_error = "site.toml: no";
  const std::string line = status_line(status);
  CHECK(line.starts_with("1 interface down; "));
  CHECK(line.ends_with("; policy reload failed"));
}

TEST_CASE("status: the screen") {
  const std::string view = status_view(sample(), 200, false);
  CHECK(holds(view, "pcapaudit 0.1.0  up 1 d 1:01:01"));
  CHECK(holds(view,
              "flows     allowed 20, violation 4, waived 1, undetermined 2, ignored 8; 3 open, "
              "5 evicted, 6 capped"));
  CHECK(view.find("blind for 0:00:01") != std::string::npos);
  CHECK(view.find("V-7A21") != std::string::npos);
  CHECK(view.find('\x1b') == std::string::npos);  // neither ours nor the wire's
}

TEST_CASE("status: no line of the screen is wider than the terminal") {
  MonitorStatus status = sample();
  status.recent[0].text = std::string(300, 'x');
  status.site = "site";  // ASCII, so that bytes are columns
  for (const std::size_t columns : {40UL, 80UL}) {
    std::istringstream lines(status_view(status, columns, false));
    std::string line;
    while (std::getline(lines, line)) CHECK(line.size() <= columns);
  }
}
