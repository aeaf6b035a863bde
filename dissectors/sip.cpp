// SIP over UDP and TCP, on any port.
//
//   message = start-line *(field CRLF) CRLF [body of Content-Length bytes]
//
// Over TCP messages are framed by Content-Length and separated by keep-alive line ends
// (RFC 5626 3.5.1); over UDP a datagram is a message.
// Source: RFC 3261.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/app/header_lines.hpp>

#include "app/sip_message.hpp"

namespace pcapaudit {
namespace {

// Real messages stay under the largest UDP datagram.
constexpr std::size_t max_header_block = 64 * 1024;
// A session description that is waited for; longer bodies are passed over unread.
constexpr std::size_t max_description = 64 * 1024;

Probe probe(Bytes prefix, Carrier carrier) {
  return carrier == Carrier::udp ? probe_sip_whole(as_text(prefix))
                                 : probe_sip_stream(as_text(prefix));
}

class Sip final : public Dissector {
 public:
  explicit Sip(Carrier carrier) : carrier_(carrier) {}

  Step consume(Direction dir, Bytes window, RecordSink&) override {
    if (is_stun(window)) return Step::advance(window.size());
    const std::string_view text = as_text(window);
    std::size_t& body = bodies_[index_of(dir)];
    if (body > 0) {
      if (text.size() < body) return Step::need_more();
      reader_.read_body(text.substr(0, body));
      return Step::advance(std::exchange(body, 0));
    }
    const std::size_t blanks = text.find_first_not_of(std::string_view("\r\n\0 ", 4));
    if (blanks != 0) return Step::advance(std::min(blanks, text.size()));  // keep-alive
    const auto end = end_of_headers(text);
    if (carrier_ == Carrier::udp) return take_datagram(text, end.value_or(text.size()));
    if (end) return take_head(text.substr(0, *end), body);
    if (text.size() > max_header_block) return Step::malformed("sip: header block over 64 KiB");
    return Step::need_more();
  }

  // Every message stands for itself: the next one is found by its start line.
  Resume lost(Direction dir, Bytes window) override {
    const std::string_view text = as_text(window);
    std::size_t& body = bodies_[index_of(dir)];
    if (std::exchange(body, 0) > 0) {
      reader_.read_body(text);
      return Resume::at_message;
    }
    const std::size_t last = text.rfind('\n');
    if (last != std::string_view::npos) (void)reader_.read_head(text.substr(0, last + 1));
    return Resume::at_message;
  }

  void finish(const SeenStream&, RecordSink& out) override {
    out.emit(reader_.take(carrier_ == Carrier::tcp ? "TCP" : "UDP"));
  }

 private:
  // A STUN keep-alive between SIP datagrams (RFC 5626 3.5.2).
  bool is_stun(Bytes window) const {
    if (carrier_ != Carrier::udp) return false;
    ByteReader in(window);
    const std::uint16_t type = in.u16();
    in.u16();
    return in.u32() == 0x2112a442 && (type & 0xc000) == 0 && in.ok();
  }

  // A datagram may end with its last header line; its body is what is left (RFC 3261 18.3).
  Step take_datagram(std::string_view text, std::size_t end) {
    const SipReader::Head head = reader_.read_head(text.substr(0, end));
    if (!head.failure.empty()) return Step::malformed(head.failure);
    if (head.describes_media) reader_.read_body(text.substr(end));
    return Step::advance(text.size());
  }

  Step take_head(std::string_view text, std::size_t& body) {
    const SipReader::Head head = reader_.read_head(text);
    if (!head.failure.empty()) return Step::malformed(head.failure);
    if (!head.describes_media || head.body > max_description) {
      return Step::advance(text.size() + head.body);
    }
    body = head.body;
    return Step::advance(text.size());
  }

  Carrier carrier_;
  SipReader reader_;
  std::array<std::size_t, 2> bodies_{};  // session description that follows, its size
};

}  // namespace

extern constinit const DissectorSpec sip{
    .name = "sip",
    .carriers = over_tcp | over_udp,
    .probe = probe,
    .make = [](Carrier carrier) -> std::unique_ptr<Dissector> {
      return std::make_unique<Sip>(carrier);
    },
};

}  // namespace pcapaudit
