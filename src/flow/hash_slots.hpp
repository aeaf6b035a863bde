// An open-addressing hash table of small slots: linear probing, deletion by shifting back.
//
// A slot answers hash() (never 0 when used, 0 when free) and is cheap to move. Slots are found by
// hash and a condition of the caller's. Not for keys that must be spread by this class: hashes
// must be good already.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pcapaudit {

template <class Slot>
class HashSlots {
 public:
  std::size_t size() const { return used_; }

  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & mask()]);
  }

  // The first slot with this hash for which `fits` holds, or nullptr. Valid until the next change.
  template <class Fits>
  Slot* find(std::uint64_t hash, Fits fits) {
    if (slots_.empty()) return nullptr;
    for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
      Slot& slot = slots_[i];
      if (slot.hash() == 0) return nullptr;
      if (slot.hash() == hash && fits(slot)) return &slot;
    }
  }

  void insert(Slot slot) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    ++used_;
    place(std::move(slot));
  }

  void erase(Slot* slot) {
    --used_;
    // Its own hash is not asked for: it may be empty already.
    auto hole = static_cast<std::size_t>(slot - slots_.data());
    for (std::size_t i = (hole + 1) & mask(); slots_[i].hash() != 0; i = (i + 1) & mask()) {
      const std::size_t home = slots_[i].hash() & mask();
      // Moves back unless its home lies behind the hole, going round.
      if (((i - home) & mask()) < ((i - hole) & mask())) continue;
      slots_[hole] = std::move(slots_[i]);
      hole = i;
    }
    slots_[hole] = Slot{};
  }

  // All used slots; what `use` leaves of them is for clear() only.
  template <class Use>
  void each(Use use) {
    for (Slot& slot : slots_) {
      if (slot.hash() != 0) use(slot);
    }
  }

  // Used slots from place `cursor` on, going round, `count` of them at most; `use` must not change
  // the table. Leaves `cursor` behind the last one.
  template <class Use>
  void visit(std::size_t& cursor, std::size_t count, Use use) {
    for (std::size_t seen = 0; seen < slots_.size() && count > 0; ++seen) {
      cursor = cursor + 1 < slots_.size() ? cursor + 1 : 0;
      if (slots_[cursor].hash() == 0) continue;
      use(slots_[cursor]);
      --count;
    }
  }

  // Takes out slots for which `wanted` holds and passes them to `use`, from place `cursor` on, at
  // most `limit` of them. True when it came to the end; else `cursor` tells where to go on.
  template <class Wanted, class Use>
  bool take_some(std::size_t& cursor, std::size_t limit, Wanted wanted, Use use) {
    while (cursor < slots_.size() && limit > 0) {
      // What erase() moves to this place is looked at next.
      if (slots_[cursor].hash() != 0 && wanted(slots_[cursor])) {
        Slot taken = std::move(slots_[cursor]);
        erase(&slots_[cursor]);
        use(taken);
        --limit;
      } else {
        ++cursor;
      }
    }
    return cursor >= slots_.size();
  }

  void clear() {
    std::vector<Slot>().swap(slots_);
    used_ = 0;
  }

 private:
  static constexpr std::size_t first_size = 64;

  std::size_t mask() const { return slots_.size() - 1; }

  void place(Slot slot) {
    std::size_t i = slot.hash() & mask();
    while (slots_[i].hash() != 0) i = (i + 1) & mask();
    slots_[i] = std::move(slot);
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? first_size : slots_.size() * 2);
    std::swap(old, slots_);
    for (Slot& slot : old) {
      if (slot.hash() != 0) place(std::move(slot));
    }
  }

  std::vector<Slot> slots_;  // a power of two of them, at most three quarters used
  std::size_t used_ = 0;
};

}  // namespace pcapaudit
