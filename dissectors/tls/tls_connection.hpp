// One TLS connection as it is read: its two directions, and what they told so far.
//
// Lives as long as its flow, used by one thread. What is kept of messages is capped (max_message);
// release() gives it back. See tls.cpp for records and tls_messages.cpp for what is in them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/app/dissector.hpp>

#include "dissectors/tls/certificates/tls_proof.hpp"
#include "dissectors/tls/tls_flight.hpp"
#include "dissectors/tls/tls_handshake.hpp"
#include "dissectors/tls/tls_mutual.hpp"
#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {

struct Inside;

class Tls final : public Dissector {
 public:
  Tls();
  ~Tls() override;
  Step consume(Direction dir, Bytes window, RecordSink& out) override;
  Resume lost(Direction dir, Bytes window) override;
  std::size_t held() const override;
  void release() override;
  void finish(const SeenStream& seen, RecordSink& out) override;

 private:
  // One direction.
  struct Half {
    bool any_record = false;
    bool any_message = false;  // a plaintext handshake message was read
    bool encrypted = false;    // handshake records cannot be read any more
    bool hole = false;  // something of the plaintext handshake was not there or was passed over
    bool change_cipher = false;
    bool finished = false;              // a handshake record behind ChangeCipherSpec
    bool handshake_again = false;       // a handshake record came after application data
    bool application_data = false;      // in TLS 1.3, more than an encrypted alert
    bool data_before_change = false;    // application data before any ChangeCipherSpec
    std::uint8_t empty_records = 0;     // one behind the other
    std::vector<std::uint8_t> message;  // the handshake message being collected, with header
    std::size_t skip = 0;               // bytes of an oversized message still to pass over
  };
  using Failure = std::string_view;  // empty: none

  Failure check_place(Half& half, const RecordHeader& header) const;
  Step sslv2_hello(Half& half, Bytes window);
  void read_cut_hello(Direction dir, Bytes window);
  Failure read_handshake(Direction dir, Bytes body, RecordSink& out);
  Failure read_message(Direction dir, std::uint8_t type, Bytes body, RecordSink& out);
  bool oversized(Direction dir, std::uint8_t type, RecordSink& out);
  void read_change_cipher(Direction dir, const RecordHeader& header, RecordSink& out);
  static void note_again(Direction dir, RecordSink& out);
  void read_request(Bytes body);
  void read_alert(Direction dir, Bytes body);
  void keep(Direction dir, std::uint8_t type, Bytes message);
  void note_client_hello(const ClientHello& hello);
  void note_server_hello(const ServerHello& hello);
  void read_certificates(Direction dir, Bytes body, RecordSink& out);
  bool is_second_client_hello(Direction dir, Bytes body) const;
  bool has_hello_too_many() const { return client_hellos_ > (facts_.retry_request ? 2 : 1); }
  // Of a connection whose secrets are known: tls_inside.cpp.
  void note_opening(const ClientHello& hello, RecordSink& out);
  void note_agreement(const ServerHello& hello);
  bool is_sealed(const Half& half, const RecordHeader& header) const;
  bool wants_sealed(Direction dir) const;
  void read_sealed(Direction dir, Bytes record, RecordSink& out);
  void read_waiting(RecordSink& out);
  void begin_opening(Direction dir);
  void open_record(Direction dir, Bytes record, RecordSink& out);
  void read_opened(Direction dir, std::uint8_t type, Bytes text, RecordSink& out);
  void read_opened_handshake(Direction dir, Bytes text, RecordSink& out);
  void read_opened12(std::uint8_t type, Bytes body);
  void read_opened13(Direction dir, std::uint8_t type, Bytes whole, RecordSink& out);
  void read_extensions13(Bytes body, RecordSink& out);
  void read_certificates13(Direction dir, std::uint8_t type, Bytes body, RecordSink& out);
  void note_issuer(Bytes der);
  void prove13();
  void conclude_inside(const SeenStream& seen, RecordSink& out);
  bool is_established() const;
  bool is_handshake_read(Direction dir) const;
  TlsFlight flight_by_sizes() const;

  std::array<Half, 2> halves_;
  TlsFacts facts_;
  HandshakeSeen seen_;
  std::string client_session_id_, server_session_id_;
  ProofKeeper proofs_;
  ClientFlight flight_;
  std::unique_ptr<Inside> inside_;  // null: nobody gave secrets
  std::uint8_t client_hellos_ = 0;  // in clear
};

}  // namespace pcapaudit::tls_wire
