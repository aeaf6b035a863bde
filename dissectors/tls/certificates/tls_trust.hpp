// A site's trust anchors: does the chain that a peer presents lead to one of them?
//
// Every certificate of the store is an anchor, an issuing authority without its root, too. CRLs in
// it are held against all certificates of a chain. The only file that sees OpenSSL's stores is the
// .cpp. Source: RFC 5280 6, RFC 6125 is policy's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

// Read-only once made; many threads may ask it at once.
class TrustStore {
 public:
  enum class Use : std::uint8_t { server, client };

  // From PEM text: certificates, at least one, and CRLs.
  static Result<std::shared_ptr<const TrustStore>> of(std::string_view pem);
  ~TrustStore();
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;

  // Empty when the chain (the peer's own certificate first) leads to an anchor, was valid at that
  // time, is not revoked and is made for this use; else why not, in OpenSSL's words. A time that
  // the peer's own certificate does not cover is not told here.
  std::string refusal(const CertificateChain& chain, Use use, DateTime when) const;

 private:
  struct State;
  explicit TrustStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pcapaudit
