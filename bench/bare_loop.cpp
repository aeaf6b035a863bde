// The yardstick: libpcap's own loop over a capture, adding up lengths and nothing else.
//
// usage: pcapaudit-bare-loop CAPTURE
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>

#include <pcap/pcap.h>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: pcapaudit-bare-loop CAPTURE\n", stderr);
    return 2;
  }
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
      pcap_open_offline(argv[1], why.data()), pcap_close);
  if (!capture) {
    std::fprintf(stderr, "%s: error: %s\n", argv[1], why.data());
    return 2;
  }
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* bytes = nullptr;
  std::uint64_t packets = 0;
  std::uint64_t length = 0;
  int answer = 0;
  while ((answer = pcap_next_ex(capture.get(), &header, &bytes)) == 1) {
    ++packets;
    length += header->len;
  }
  std::printf("%llu packets %llu bytes\n", static_cast<unsigned long long>(packets),
              static_cast<unsigned long long>(length));
  if (answer == PCAP_ERROR_BREAK) return 0;
  std::fprintf(stderr, "%s: error: %s\n", argv[1], pcap_geterr(capture.get()));
  return 3;
}
