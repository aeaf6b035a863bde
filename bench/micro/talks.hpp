// One conversation for each protocol that has a dissector of its own, as the bytes of its two
// sides.
#pragma once

#include <string>
#include <vector>

#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit::bench {

struct Talk {
  struct Piece {
    std::size_t side = 0;  // 0: client
    std::string bytes;
  };
  std::string name;  // what the engine must find: ClosedFlow::app
  std::string title;
  Carrier carrier = Carrier::tcp;
  std::vector<Piece> pieces;
};

std::vector<Talk> talks();

}  // namespace pcapaudit::bench
