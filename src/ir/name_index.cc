#include "ir/name_index.h"

#include <utility>

#include "base/status.h"

namespace hasten {

void NameIndex::Put(Slot slot) {
  size_t i = slot.hash & mask();
  while (slots_[i].id != kNone) i = (i + 1) & mask();
  slots_[i] = slot;
}

void NameIndex::Reserve(size_t names) {
  size_t size = slots_.empty() ? 16 : slots_.size();
  while (size * 2 < names * 3) size *= 2;
  if (size == slots_.size()) return;
  const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(size));
  for (const Slot& slot : before)
    if (slot.id != kNone) Put(slot);
}

void NameIndex::Add(std::string_view name, uint32_t id) {
  Reserve(++taken_);
  Put({Hash(name), id});
}

void NameIndex::Erase(std::string_view name, uint32_t id) {
  size_t hole = Hash(name) & mask();
  for (; slots_[hole].id != id; hole = (hole + 1) & mask()) HASTEN_CHECK(slots_[hole].id != kNone);
  // What stands further on because the hole was taken moves up (Knuth, The Art of Computer Programming 6.4, R).
  for (size_t i = (hole + 1) & mask(); slots_[i].id != kNone; i = (i + 1) & mask()) {
    const size_t home = slots_[i].hash & mask();
    if (((i - home) & mask()) < ((i - hole) & mask())) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = {};
  --taken_;
}

}  // namespace hasten
