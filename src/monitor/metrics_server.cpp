// The only file that sees cpp-httplib.
#include <pcapaudit/monitor/metrics_server.hpp>

#include <fmt/format.h>
#include <httplib.h>

#include <charconv>
#include <mutex>
#include <optional>
#include <thread>

namespace pcapaudit {
namespace {

constexpr int timeout_seconds = 5;
constexpr std::size_t largest_request = 4096;  // bytes of a body, which a GET does not have

struct Place {
  std::string host;
  int port = 0;
};

// "host:port"; an IPv6 host stands in brackets.
std::optional<Place> parse_place(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  Place place{.host = address.substr(0, colon), .port = -1};
  const char* const end = address.data() + address.size();
  const auto parsed = std::from_chars(address.data() + colon + 1, end, place.port);
  if (parsed.ec != std::errc{} || parsed.ptr != end || place.port < 0 || place.port > 65535) {
    return std::nullopt;
  }
  const bool bracketed = place.host.starts_with('[') && place.host.ends_with(']');
  if (bracketed) place.host = place.host.substr(1, place.host.size() - 2);
  if (!bracketed && place.host.find(':') != std::string::npos) return std::nullopt;
  return place;
}

}  // namespace

struct MetricsServer::Impl {
  httplib::Server server;
  std::mutex mutex;  // of text
  std::string text;
  int port = 0;
  std::jthread thread;

  ~Impl() { server.stop(); }
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& address) {
  const auto place = parse_place(address);
  if (!place) {
    return fail(fmt::format("\"{}\" is no address to serve metrics on", address),
                "write 127.0.0.1:9466");
  }
  auto impl = std::make_unique<Impl>();
  httplib::Server& server = impl->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(1); };
  server.set_keep_alive_max_count(1);
  server.set_read_timeout(timeout_seconds);
  server.set_write_timeout(timeout_seconds);
  server.set_payload_max_length(largest_request);
  // Not the library's own options: with SO_REUSEPORT two monitors would share the port unnoticed.
  server.set_socket_options([](socket_t socket) {
    constexpr int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  server.Get("/metrics", [state = impl.get()](const httplib::Request&, httplib::Response& answer) {
    const std::scoped_lock lock(state->mutex);
    answer.set_content(state->text, "text/plain; version=0.0.4; charset=utf-8");
  });
  impl->port = place->port == 0 ? server.bind_to_any_port(place->host.c_str())
               : server.bind_to_port(place->host.c_str(), place->port) ? place->port
                                                                       : -1;
  if (impl->port < 0) return fail(fmt::format("cannot serve metrics on {}", address));
  impl->thread = std::jthread([state = impl.get()] { state->server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();  // else stop() could come too early
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

void MetricsServer::publish(std::string text) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->text = std::move(text);
}

std::uint16_t MetricsServer::port() const {
  return static_cast<std::uint16_t>(impl_->port);
}

}  // namespace pcapaudit
