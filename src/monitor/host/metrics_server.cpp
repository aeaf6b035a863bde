// The only file that sees libmicrohttpd.

#include "monitor/host/metrics_server.hpp"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>

#include "base/files/descriptor.hpp"

namespace pcapaudit {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t connection_bytes = 16384;  // for a request: scrapers send some hundred bytes
constexpr std::chrono::seconds connection_time{10};  // a scraper gives up after ten seconds
constexpr std::size_t connections_kept = 32;         // more than one scraper in turn, and people
constexpr unsigned connections_at_most = 64;         // with those that are being ended
constexpr std::uint64_t wait_ms = 250;
constexpr int backlog = 64;

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

// A socket that listens at `place`. Without SO_REUSEPORT: two monitors would share the port
// unnoticed.
Result<Descriptor> listen_at(const Place& place) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int looked =
      ::getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &hints, &found);
  if (looked != 0) return fail(::gai_strerror(looked));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  Descriptor listening(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int number = listening.number();
  constexpr int yes = 1;
  if (number < 0 || ::setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
      ::bind(number, found->ai_addr, found->ai_addrlen) != 0 || ::listen(number, backlog) != 0) {
    return fail(std::strerror(errno));
  }
  return listening;
}

int port_of(int listening) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  char port[8] = {};
  if (::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, nullptr, 0, port, sizeof(port),
                    NI_NUMERICSERV) != 0) {
    return 0;
  }
  int number = 0;
  std::from_chars(port, port + std::strlen(port), number);
  return number;
}

}  // namespace

struct MetricsServer::Impl {
  struct Guest {
    int socket;
    Clock::time_point came;
  };

  MHD_Daemon* daemon = nullptr;
  int port = 0;
  std::mutex mutex;  // of text
  std::string text;
  std::list<Guest> guests;  // in the order in which they came; of the thread alone
  std::jthread thread;

  ~Impl() {
    thread.request_stop();
    if (thread.joinable()) thread.join();
    if (daemon != nullptr) ::MHD_stop_daemon(daemon);
  }

  void work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      (void)::MHD_run_wait(daemon, wait_ms);
      const Clock::time_point now = Clock::now();
      for (const Guest& it : guests) {
        if (now - it.came > connection_time) (void)::shutdown(it.socket, SHUT_RDWR);
      }
    }
  }

  static void note_connection(void* self, MHD_Connection* connection, void**,
                              MHD_ConnectionNotificationCode what) {
    auto& guests = static_cast<Impl*>(self)->guests;
    const auto* info = ::MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == nullptr) return;
    const int socket = info->connect_fd;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      guests.push_back({.socket = socket, .came = Clock::now()});
      if (guests.size() > connections_kept) (void)::shutdown(guests.front().socket, SHUT_RDWR);
    } else {
      guests.remove_if([&](const Guest& it) { return it.socket == socket; });
    }
  }

  MHD_Result answer(MHD_Connection* connection, std::string_view path, std::string_view method) {
    const bool reads = method == MHD_HTTP_METHOD_GET || method == MHD_HTTP_METHOD_HEAD;
    const unsigned status = !reads               ? MHD_HTTP_METHOD_NOT_ALLOWED
                            : path != "/metrics" ? MHD_HTTP_NOT_FOUND
                                                 : MHD_HTTP_OK;
    std::string body;
    if (status == MHD_HTTP_OK) {
      const std::scoped_lock lock(mutex);
      body = text;
    }
    MHD_Response* const response =
        ::MHD_create_response_from_buffer(body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr) return MHD_NO;
    ::MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                              "text/plain; version=0.0.4; charset=utf-8");
    ::MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (!reads) ::MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    const MHD_Result queued = ::MHD_queue_response(connection, status, response);
    ::MHD_destroy_response(response);
    return queued;
  }

  // Answered before a body is read, which nobody needs.
  static MHD_Result handle(void* self, MHD_Connection* connection, const char* path,
                           const char* method, const char*, const char*, std::size_t*, void**) {
    return static_cast<Impl*>(self)->answer(connection, path, method);
  }
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& address) {
  const auto place = parse_place(address);
  if (!place) {
    return fail(fmt::format("\"{}\" is no address to serve metrics on", address),
                "write 127.0.0.1:9466");
  }
  auto listening = listen_at(*place);
  if (!listening) {
    return fail(fmt::format("cannot serve metrics on {}: {}", address, listening.error().what));
  }
  auto impl = std::make_unique<Impl>();
  impl->port = port_of(listening->number());
  impl->daemon = ::MHD_start_daemon(
      MHD_USE_EPOLL, 0, nullptr, nullptr, &Impl::handle, impl.get(), MHD_OPTION_LISTEN_SOCKET,
      listening->number(), MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes,
      MHD_OPTION_CONNECTION_LIMIT, connections_at_most, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(connection_time.count()), MHD_OPTION_NOTIFY_CONNECTION,
      &Impl::note_connection, impl.get(), MHD_OPTION_END);
  if (impl->daemon == nullptr) return fail(fmt::format("cannot serve metrics on {}", address));
  (void)listening->release();  // the daemon closes it
  impl->thread =
      std::jthread([self = impl.get()](const std::stop_token& stop) { self->work(stop); });
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
