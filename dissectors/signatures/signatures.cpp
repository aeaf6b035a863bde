// Names other protocols by their first bytes, on any port, with facts only where they are free.
//
// Which they are: signature_table.
#include "dissectors/signatures/signatures.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include <pcapaudit/app/dissector.hpp>

#include "dissectors/signatures/ftp_ports.hpp"
#include "dissectors/signatures/signature_table.hpp"
#include "dissectors/tls/tls_probe.hpp"

namespace pcapaudit {
namespace {

using namespace signature;  // NOLINT(google-build-using-namespace): the table reads better

Probe probe(Bytes prefix, Carrier carrier) {
  return match(prefix, carrier).probe;
}

// A text or element that does not end within this is passed over.
constexpr std::size_t max_message = 64 * 1024;
constexpr std::uint8_t tls_handshake = 22;
constexpr std::string_view other_datagram = "a datagram of another protocol";

class Named final : public Dissector {
 public:
  explicit Named(Carrier carrier) : carrier_(carrier) {}

  Step consume(Direction dir, Bytes window, RecordSink& out) override {
    if (row_ == nullptr) {
      row_ = match(window, carrier_).row;
      if (row_ == nullptr) return Step::done();
      facts_.protocol = row_->name;
      take_facts(dir, window);
    }
    if (row_->name == "ssh") return take_ssh(dir, window);
    if (is_media()) return take_media(dir, window);
    if (carrier_ == Carrier::udp) return take_datagram(dir, window, out);
    if (row_->name == "dns") return take_dns(window);
    if (row_->ends == Ends::never) return Step::done();
    if (row_->ends == Ends::once) return take_proxy_header(window);
    if (row_->ends == Ends::socks) return take_socks(dir, window);
    return take_message(dir, window, out);
  }

  Resume lost(Direction, Bytes) override {
    const bool lines = row_ != nullptr && (row_->ends == Ends::line || row_->ends == Ends::tag);
    return lines ? Resume::anywhere : Resume::never;
  }

  void finish(const SeenStream&, RecordSink& out) override {
    if (is_media()) return finish_media(out);
    if (facts_.protocol.empty()) return;
    if (!version_line_.empty()) facts_.fields.push_back({"greeting", version_line_});
    if (starttls_) facts_.fields.push_back({"starttls", "yes"});
    if (ftp_ports_) add_ftp_ports();
    out.emit(std::move(facts_));
  }

  std::string_view protocol() const override {
    if (!is_media()) return facts_.protocol;
    return rtp_agreed_ ? "rtp" : stun_seen_ ? "stun" : "";
  }

  bool shares_ports() const override { return is_media() && !rtp_agreed_; }

 private:
  // STUN prepares a way for media and keeps it open (RFC 8445), in the same flow.
  bool is_media() const {
    return carrier_ == Carrier::udp && row_ != nullptr &&
           (row_->name == "rtp" || row_->name == "stun");
  }

  Step take_media(Direction dir, Bytes window) {
    if (stun(window) != Kind::mine && classic_stun(window) != Kind::mine) {
      return take_rtp(dir, window);
    }
    stun_seen_ = true;
    return Step::advance(window.size());
  }

  void finish_media(RecordSink& out) const {
    if (stun_seen_) out.emit(GenericFacts{.protocol = "stun", .fields = {}});
    if (rtp_agreed_) out.emit(GenericFacts{.protocol = "rtp", .fields = {}});
  }

  void take_facts(Direction dir, Bytes window) {
    if (row_->name == "dns") {
      const Bytes message =
          carrier_ == Carrier::tcp && window.size() > 2 ? window.subspan(2) : window;
      if (const std::string name = dns_question(message); !name.empty()) {
        facts_.fields.push_back({"name", clean_text(name, 256)});
      }
    } else if (row_->name == "dtls") {
      const std::uint8_t low = window[2];
      facts_.fields.push_back({"record_version", low == 0xfd ? "DTLSv1.2" : "DTLSv1.0"});
    } else if (row_->name == "ftp") {
      ftp_ports_ = std::make_unique<FtpPorts>();
    } else if (row_->name == "ntp") {
      facts_.fields.push_back({"version", std::to_string(window[0] >> 3 & 7U)});
    }
    if (dir == Direction::to_client && row_->ends == Ends::line) {
      const std::string_view text = as_text(window);
      version_line_ = clean_text(text.substr(0, text.find_first_of("\r\n")), 200);
    }
  }

  void add_ftp_ports() {
    for (const auto& [dir, name] : {std::pair{Direction::to_server, "active_ports"},
                                    std::pair{Direction::to_client, "passive_ports"}}) {
      std::string ports = ftp_ports_->text(dir);
      if (!ports.empty()) facts_.fields.push_back({name, std::move(ports)});
    }
  }

  // Every datagram is held against the tests of the name, and blank ones keep a way open.
  Step take_datagram(Direction dir, Bytes window, RecordSink& out) const {
    const bool own = std::any_of(all_rows().begin(), all_rows().end(), [&](const Row& row) {
      return row.name == row_->name && (row.carriers & over_udp) != 0 &&
             ((row.client != nullptr && row.client(window) == Kind::mine) ||
              (row.server != nullptr && row.server(window) == Kind::mine));
    });
    const bool goes_on = own || is_blank(window) ||
                         (row_->name == "dtls" && beside_media(window)) ||
                         (row_->name == "dns" && is_bare_dns_answer(window));
    if (!goes_on) return Step::malformed(other_datagram);
    if (own && row_->name == "dns" && !is_blank(behind_dns_message(window))) {
      out.note_unread(dir, Unread::unknown_start, "dns: bytes behind the message");
    }
    return Step::advance(window.size());
  }

  // Message after message, each behind its length (RFC 1035 4.2.2).
  static Step take_dns(Bytes window) {
    const Kind kind = dns_tcp_next(window);
    if (kind == Kind::need_more) return Step::need_more();
    if (kind == Kind::not_mine) return Step::malformed("dns: no message behind a length");
    return Step::advance(2 + (std::size_t{window[0]} << 8 | window[1]));
  }

  // Behind its line each side opens the key exchange in clear; what comes later is encrypted.
  Step take_ssh(Direction dir, Bytes window) {
    if (!ssh_greeted_[index_of(dir)]) return take_banner(dir, as_text(window));
    const Kind kind = ssh_packet(window);
    if (kind == Kind::need_more) return Step::need_more();
    return kind == Kind::mine ? Step::done()
                              : Step::malformed("ssh: no packet behind the version line");
  }

  // The SSH version line of each side (RFC 4253 4.2).
  Step take_banner(Direction dir, std::string_view text) {
    constexpr std::size_t longest = 255;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos && text.size() <= longest) return Step::need_more();
    std::string_view line = text.substr(0, std::min(end, longest));
    if (line.ends_with('\r')) line.remove_suffix(1);
    facts_.fields.push_back(
        {.name = dir == Direction::to_server ? "client_version" : "server_version",
         .value = clean_text(line)});
    ssh_greeted_[index_of(dir)] = true;
    return Step::advance(end == std::string_view::npos ? text.size() : end + 1);
  }

  // One plausible header proves nothing: the source must stay, the sequence go on by small steps.
  Step take_rtp(Direction dir, Bytes window) {
    constexpr int enough = 3;
    constexpr std::uint16_t largest_step = 50;
    if (rtp_agreed_) {
      return beside_media(window) ? Step::advance(window.size()) : Step::malformed(other_datagram);
    }
    Stream& stream = streams_[index_of(dir)];
    if (rtp(window) != Kind::mine) {
      stream = {};
      return Step::advance(window.size());
    }
    ByteReader in(window);
    in.skip(2);
    const std::uint16_t sequence = in.u16();
    in.u32();
    const std::uint32_t source = in.u32();
    const auto step = static_cast<std::uint16_t>(sequence - stream.sequence);
    const bool goes_on =
        stream.agreed > 0 && source == stream.source && step >= 1 && step <= largest_step;
    stream = {.source = source, .sequence = sequence, .agreed = goes_on ? stream.agreed + 1 : 1};
    if (stream.agreed < enough) return Step::advance(window.size());
    rtp_agreed_ = true;
    return Step::advance(window.size());
  }

  // Passes over messages until one side begins TLS at a boundary.
  Step take_message(Direction dir, Bytes window, RecordSink& out) {
    if (window.front() == tls_handshake) {
      const Probe tls = tls_wire::probe(window);
      if (tls.kind == Probe::Kind::need_more) return Step::need_more();
      if (tls.kind == Probe::Kind::mine) {
        starttls_ = true;
        return Step::handover(0);
      }
    }
    switch (row_->ends) {
      case Ends::line:
        return pass_lines(dir, as_text(window), out);
      case Ends::tag:
        return pass_text(as_text(window), '>');
      case Ends::postgres:
        return pass_postgres(dir, window);
      default:
        return pass_element(window);
    }
  }

  Step pass_lines(Direction dir, std::string_view text, RecordSink& out) {
    const Step step = pass_text(text, '\n');
    if (ftp_ports_ && step.kind == Step::Kind::advance) {
      ftp_ports_->read(dir, text.substr(0, step.count), out);
    }
    return step;
  }

  // Up to the last end, or to one that a TLS record may follow.
  static Step pass_text(std::string_view text, char end) {
    const char upgrade[] = {end, static_cast<char>(tls_handshake)};
    std::size_t at = text.find(std::string_view(upgrade, 2));
    if (at == std::string_view::npos) at = text.rfind(end);
    if (at != std::string_view::npos) return Step::advance(at + 1);
    return text.size() > max_message ? Step::advance(text.size()) : Step::need_more();
  }

  Step pass_element(Bytes window) const {
    constexpr std::size_t enough = 6;
    if (window.size() < enough) return Step::need_more();
    ByteReader in(window);
    std::size_t total = 0;
    if (row_->ends == Ends::tpkt) {
      in.u16();
      total = in.u16();
      if (window[0] != 3) return Step::done();
    } else if (row_->ends == Ends::mysql) {
      total = in.u16le();
      total |= std::size_t{in.u8()} << 16;
      total += 4;
    } else {
      if (in.u8() != 0x30) return Step::done();
      const std::uint8_t first = in.u8();
      const std::size_t more = first & 0x7fU;
      if (first >= 0x80 && (more == 0 || more > 4)) return Step::done();
      total = first < 0x80 ? first : 0;
      for (std::size_t i = 0; first >= 0x80 && i < more; ++i) total = total << 8 | in.u8();
      total += 2 + (first < 0x80 ? 0 : more);
    }
    constexpr std::size_t largest = std::size_t{16} << 20;
    return total == 0 || total > largest ? Step::done() : Step::advance(total);
  }

  // The client's request for TLS is eight bytes, the server's answer one.
  Step pass_postgres(Direction dir, Bytes window) {
    if (dir == Direction::to_client) {
      const bool accepts = window.front() == 'S';
      return accepts ? Step::advance(1) : Step::done();
    }
    constexpr std::size_t request = 8;
    constexpr std::uint32_t ssl_request = 80877103;
    if (window.size() < request) return Step::need_more();
    ByteReader in(window);
    const bool asks = in.u32() == request && in.u32() == ssl_request;
    return asks ? Step::advance(request) : Step::done();
  }

  static Step take_proxy_header(Bytes window) {
    const std::string_view text = as_text(window);
    if (text.starts_with("PROXY ")) {
      const std::size_t end = text.find('\n');
      constexpr std::size_t longest = 108;
      if (end != std::string_view::npos) return Step::handover(end + 1);
      return text.size() > longest ? Step::done() : Step::need_more();
    }
    constexpr std::size_t fixed = 16;
    if (window.size() < fixed) return Step::need_more();
    const std::size_t length = std::size_t{window[14]} << 8 | window[15];
    return window.size() < fixed + length ? Step::need_more() : Step::handover(fixed + length);
  }

  // The client's messages are passed over until the server says that the way is free.
  Step take_socks(Direction dir, Bytes window) {
    Socks& it = socks_;
    if (dir == Direction::to_server) {
      if (it.client_messages == 0) {
        it.version = window[0];
        it.client_messages = 1;
        return Step::advance(window.size());
      }
      // Behind the request the client waits; what it sends then belongs to the next protocol.
      const bool request = it.version == 5 && window.size() >= 4 && window[0] == 5 &&
                           window[1] <= 3 && window[2] == 0;
      const bool password = it.version == 5 && window[0] == 1;
      if (it.requested || it.version == 4) return Step::need_more();
      if (!request && !password) return Step::done();
      it.requested = request;
      return Step::advance(window.size());
    }
    if (window[0] == 0 && window.size() >= 2) {  // SOCKS 4
      constexpr std::size_t reply = 8;
      constexpr std::uint8_t granted = 90;
      if (window.size() < reply) return Step::need_more();
      return window[1] == granted ? Step::handover(reply) : Step::done();
    }
    if (!it.server_chose || window[0] == 1) {  // method, then perhaps the answer to a password
      if (window.size() < 2) return Step::need_more();
      it.server_chose = true;
      return Step::advance(2);
    }
    if (window.size() < 5) return Step::need_more();
    if (window[0] != 5 || window[1] != 0) return Step::done();
    const std::size_t address = window[3] == 1 ? 4U : window[3] == 4 ? 16U : 1U + window[4];
    const std::size_t reply = 4 + address + 2;
    return window.size() < reply ? Step::need_more() : Step::handover(reply);
  }

  struct Stream {
    std::uint32_t source = 0;
    std::uint16_t sequence = 0;
    int agreed = 0;
  };
  struct Socks {
    std::uint8_t version = 0;
    int client_messages = 0;
    bool requested = false, server_chose = false;
  };

  Carrier carrier_;
  const Row* row_ = nullptr;
  GenericFacts facts_;
  std::string version_line_;
  std::array<Stream, 2> streams_{};
  Socks socks_;
  std::array<bool, 2> ssh_greeted_{};
  std::unique_ptr<FtpPorts> ftp_ports_;  // of FTP only
  bool rtp_agreed_ = false;
  bool stun_seen_ = false;
  bool starttls_ = false;
};

}  // namespace

extern constinit const DissectorSpec signatures{
    .name = {},
    .carriers = over_tcp | over_udp,
    .probe = probe,
    .make = [](Carrier carrier) -> std::unique_ptr<Dissector> {
      return std::make_unique<Named>(carrier);
    },
    .names = []() -> std::vector<std::string_view> {
      std::vector<std::string_view> names;
      for (const Row& row : all_rows()) names.push_back(row.name);
      return names;
    },
};

}  // namespace pcapaudit
