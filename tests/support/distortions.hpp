// What networks, peers and attackers do to a conversation: a table that grows.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/exchange.hpp"

namespace pcapaudit::test {

// A distortion changes the talk, its packets or its frames. `other` is what the same place of the
// conversation holds in its twin that keeps (or breaks) the demand: decoys are made of it.
struct Distortion {
  std::string name;
  std::function<void(Talk&)> on_talk = {};
  std::function<void(std::vector<WirePacket>&, const std::vector<WirePacket>& other)> on_packets =
      {};
  std::function<void(std::vector<Frame>&)> on_frames = {};
  // Nothing is missing, nothing contradicts: a conversation that keeps its demand stays allowed.
  bool is_harmless = false;
  // Stands for others of its sort when pairs are made.
  bool is_paired = true;
  // Talks of other kinds stay as they are.
  std::vector<Talk::Kind> kinds = {};
  // Bytes of the conversation no longer reach the capture.
  bool removes = false;
  // What several messages or packets said stands in one of them, and what takes from each of these
  // takes from all.
  bool joins = false, removes_from_each = false;
  // Bytes reach it that nobody of the twins said: a conversation may no longer keep its demand.
  bool adds_others = false;
  // What follows may be a connection of its own.
  bool begins_another = false;
  // Two of one sort stand for nothing together: fragments of fragments, a carrier that is itself
  // cut or in fragments (a flow that nobody documents).
  std::vector<std::string> sorts = {};

  bool applies_to(const Talk& talk) const;
  int stage() const { return on_talk ? 0 : on_packets ? 1 : 2; }
};

// Whether two distortions mean something together.
bool go_together(const Distortion& a, const Distortion& b);

std::vector<Distortion> all_distortions();

}  // namespace pcapaudit::test
