// Which value has a name: the names themselves stay with the values.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace hasten {

// A hash table with open addressing, cheap to copy: no name is stored twice.
class NameIndex {
 public:
  static constexpr uint32_t kNone = 0xffffffff;

  // The id with that name, or kNone.  `name_of(id)` gives the name of what was added.
  template <class NameOf>
  uint32_t Find(std::string_view name, const NameOf& name_of) const {
    if (slots_.empty()) return kNone;
    const uint32_t hash = Hash(name);
    for (size_t i = hash & mask(); slots_[i].id != kNone; i = (i + 1) & mask())
      if (slots_[i].hash == hash && name_of(slots_[i].id) == name) return slots_[i].id;
    return kNone;
  }
  // Preconditions: the name is not there; at erasing: it is, with this id.
  void Add(std::string_view name, uint32_t id);
  void Erase(std::string_view name, uint32_t id);
  void Reserve(size_t names);

 private:
  struct Slot {
    uint32_t hash = 0, id = kNone;
  };
  static uint32_t Hash(std::string_view name) { return static_cast<uint32_t>(std::hash<std::string_view>()(name)); }
  size_t mask() const { return slots_.size() - 1; }
  void Put(Slot slot);

  std::vector<Slot> slots_;  // a power of two, at most two thirds taken
  size_t taken_ = 0;
};

}  // namespace hasten
