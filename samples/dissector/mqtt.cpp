// MQTT: who connects under which name, whether the broker took it, how much is published.
//
//   packet  = type:4 flags:4 length:varint body            both ways
//   CONNECT = name:text level:u8 flags:u8 keep-alive:u16 [properties] client:text ... user:text
//   CONNACK = flags:u8 code:u8 [properties]
//
// Source: OASIS MQTT 3.1.1 sections 2.2, 3.1, 3.2; 5.0 section 3.1.
#include "mqtt.hpp"

#include <optional>
#include <string>

namespace {

using namespace pcapaudit;

constexpr unsigned connect = 1, connack = 2, publish = 3;  // packet types
constexpr std::size_t longest_connect = 64 * 1024;         // beyond any client; held until whole

struct Head {
  unsigned type = 0;
  std::size_t size = 0, length = 0;  // bytes of the head, and of the body behind it
};

// nullopt: not whole yet, or wrong (`wrong` tells).
std::optional<Head> head_of(Bytes window, bool& wrong) {
  ByteReader in(window);
  Head head{.type = static_cast<unsigned>(in.u8()) >> 4U, .size = 1};
  constexpr std::size_t longest_varint = 4;
  for (std::size_t i = 0; i < longest_varint; ++i) {
    const std::uint8_t byte = in.u8();
    if (!in.ok()) return std::nullopt;
    head.length |= std::size_t{byte & 0x7fU} << (7 * i);
    ++head.size;
    if (byte < 0x80) return head;
  }
  wrong = true;
  return std::nullopt;
}

Bytes text_field(ByteReader& in) {
  return in.take(in.u16());
}

bool is_protocol_name(Bytes name) {
  return as_text(name) == "MQTT" || as_text(name) == "MQIsdp";
}

Probe probe(Bytes prefix, Carrier) {
  if (prefix[0] != 0x10 && prefix[0] != 0x20) return Probe::not_mine();
  bool wrong = false;
  const auto head = head_of(prefix, wrong);
  if (!head) return wrong ? Probe::not_mine() : Probe::need_more();
  ByteReader in(prefix.subspan(head->size));
  if (head->type == connack) {
    const std::uint8_t flags = in.u8();
    if (head->length < 2 || flags > 1) return Probe::not_mine();
    return in.ok() ? Probe::mine(Probe::Speaker::server) : Probe::need_more();
  }
  const std::uint16_t length = in.u16();
  const Bytes name = in.take(length);
  if (in.ok()) {
    return is_protocol_name(name) ? Probe::mine(Probe::Speaker::client) : Probe::not_mine();
  }
  constexpr std::uint16_t longest_name = 6;
  return length <= longest_name ? Probe::need_more() : Probe::not_mine();
}

class Mqtt final : public Dissector {
 public:
  Step consume(Direction, Bytes window, RecordSink&) override {
    bool wrong = false;
    const auto head = head_of(window, wrong);
    if (wrong) return Step::malformed("mqtt: length of more than four bytes");
    if (!head) return Step::need_more();
    const std::size_t whole = head->size + head->length;
    if (head->type == 0) return Step::malformed("mqtt: packet of type 0");
    if (head->type == publish) ++published_;
    if (head->type != connect && head->type != connack) return Step::advance(whole);
    if (head->length > longest_connect) return Step::malformed("mqtt: CONNECT or CONNACK too long");
    if (window.size() < whole) return Step::need_more();
    const Bytes body = window.subspan(head->size, head->length);
    const bool good = head->type == connect ? read_connect(body) : read_connack(body);
    return good ? Step::advance(whole) : Step::malformed("mqtt: CONNECT or CONNACK is cut short");
  }

  void finish(const SeenStream&, RecordSink& out) override {
    GenericFacts facts{.protocol = "mqtt", .fields = {}};
    const auto add = [&facts](std::string name, std::string value) {
      if (!value.empty())
        facts.fields.push_back({.name = std::move(name), .value = std::move(value)});
    };
    add("level", level_ == 0 ? "" : std::to_string(level_));
    add("client", client_);
    add("user", user_);
    add("code", code_ ? std::to_string(*code_) : "");
    add("published", std::to_string(published_));
    out.emit(std::move(facts));
  }

 private:
  bool read_connect(Bytes body) {
    ByteReader in(body);
    if (!is_protocol_name(text_field(in))) return false;
    level_ = in.u8();
    const unsigned flags = in.u8();
    in.skip(2);  // keep-alive
    const bool has_properties = level_ >= 5;
    if (has_properties) skip_properties(in);
    client_ = clean_text(as_text(text_field(in)));
    const bool has_will = (flags & 0x04U) != 0;
    if (has_will) {
      if (has_properties) skip_properties(in);
      text_field(in);  // topic
      text_field(in);  // message
    }
    const bool has_user = (flags & 0x80U) != 0;
    if (has_user) user_ = clean_text(as_text(text_field(in)));
    return in.ok();
  }

  bool read_connack(Bytes body) {
    ByteReader in(body);
    in.skip(1);
    code_ = in.u8();
    return in.ok();
  }

  // Their length is a varint, too.
  static void skip_properties(ByteReader& in) {
    std::size_t length = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const std::uint8_t byte = in.u8();
      length |= std::size_t{byte & 0x7fU} << shift;
      if (byte < 0x80) break;
    }
    in.skip(length);
  }

  unsigned level_ = 0;
  std::string client_, user_;
  std::optional<unsigned> code_;
  std::uint64_t published_ = 0;
};

}  // namespace

constinit const DissectorSpec mqtt{
    .name = "mqtt",
    .carriers = over_tcp,
    .probe = probe,
    .make = [](Carrier) -> std::unique_ptr<Dissector> { return std::make_unique<Mqtt>(); },
};
