// Names of TLS versions and of the mutual TLS verdict, as the contract spells them.
#include <fmt/format.h>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {

std::string tls_version_name(std::uint16_t version) {
  switch (version) {
    case 0x0002:
      return "SSLv2";
    case 0x0300:
      return "SSLv3";
    case 0x0301:
      return "TLSv1.0";
    case 0x0302:
      return "TLSv1.1";
    case 0x0303:
      return "TLSv1.2";
    case 0x0304:
      return "TLSv1.3";
    default:
      break;
  }
  // RFC 8446 4.2.1 history: draft N was negotiated as 0x7f00 + N, Facebook's variants as 0xfb00 +
  // N.
  if (version >> 8 == 0x7f) return fmt::format("TLSv1.3-draft{}", version & 0xff);
  if (version >> 8 == 0xfb) return fmt::format("TLSv1.3-fb{}", version & 0xff);
  return fmt::format("0x{:04x}", version);
}

std::string_view to_text(MutualTls mutual) {
  switch (mutual) {
    case MutualTls::proven:
      return "proven";
    case MutualTls::declined:
      return "declined";
    case MutualTls::not_requested:
      return "not-requested";
    case MutualTls::undeterminable:
      return "undeterminable";
  }
  return "";
}

std::string_view to_text(MutualReason reason) {
  switch (reason) {
    case MutualReason::none:
      return "";
    case MutualReason::tls13_encrypted:
      return "tls13-encrypted";
    case MutualReason::resumed:
      return "resumed";
    case MutualReason::midstream:
      return "midstream";
    case MutualReason::gap:
      return "gap";
    case MutualReason::truncated:
      return "truncated";
  }
  return "";
}

}  // namespace pcapaudit
