// Secrets that a pcapng file brings along for its own packets (Decryption Secrets Blocks), before
// its packets are read: they may stand behind them. Opens files; any thread.
#pragma once

#include <string>
#include <vector>

#include "capture/packet_source.hpp"

namespace pcapaudit {

// Before the first packet and behind the last one; `all`, or when there are some in either place:
// in the whole file. Nothing of standard input or a pipe, which can be read once only, and of what
// is no capture: who reads the packets tells.
std::vector<CaptureSecrets> embedded_secrets(const std::string& path, bool all);

}  // namespace pcapaudit
