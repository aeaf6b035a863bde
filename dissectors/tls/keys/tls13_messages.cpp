// Parses encrypted messages of TLS 1.3; see the header.

#include "dissectors/tls/keys/tls13_messages.hpp"

#include "dissectors/tls/tls_handshake.hpp"

namespace pcapaudit::tls_wire {
namespace {

constexpr std::uint16_t status_request = 5, application_layer_protocol = 16, early_data = 42,
                        certificate_authorities = 47;

// Calls `use` with each extension of a list with its length.
template <class Use>
void each_extension(ByteReader& in, Use use) {
  ByteReader list(in.take(in.u16()));
  while (list.remaining() > 0) {
    const std::uint16_t type = list.u16();
    const Bytes body = list.take(list.u16());
    if (!list.ok()) return;
    use(type, body);
  }
}

}  // namespace

EncryptedExtensions parse_encrypted_extensions(Bytes body) {
  EncryptedExtensions found;
  ByteReader in(body);
  each_extension(in, [&](std::uint16_t type, Bytes extension) {
    if (type == early_data) found.early_data = true;
    if (type != application_layer_protocol) return;
    ByteReader names(extension);
    names.skip(2);
    found.alpn = std::string(as_text(names.take(names.u8())));
  });
  return found;
}

Certificates13 parse_certificates13(Bytes body, std::size_t limit) {
  Certificates13 found;
  ByteReader in(body);
  in.skip(in.u8());  // the request's context
  ByteReader list(in.take(in.u24()));
  while (list.remaining() > 0 && found.chain.size() < limit) {
    const Bytes certificate = list.take(list.u24());
    if (!list.ok() || certificate.empty()) break;
    const bool is_leaf = found.chain.empty();
    found.chain.push_back(certificate);
    each_extension(list, [&](std::uint16_t type, Bytes extension) {
      if (type == status_request && is_leaf) found.stapled = stapled_response(extension);
    });
  }
  return found;
}

std::vector<Bytes> acceptable_issuers13(Bytes body, std::size_t limit) {
  std::vector<Bytes> found;
  ByteReader in(body);
  in.skip(in.u8());
  each_extension(in, [&](std::uint16_t type, Bytes extension) {
    if (type != certificate_authorities) return;
    ByteReader names(extension);
    ByteReader list(names.take(names.u16()));
    while (list.remaining() > 0 && found.size() < limit) {
      const Bytes name = list.take(list.u16());
      if (!list.ok()) return;
      found.push_back(name);
    }
  });
  return found;
}

}  // namespace pcapaudit::tls_wire
