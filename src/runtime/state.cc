#include "runtime/state.h"

namespace hasten {

Result<std::unique_ptr<State>> State::Create(const Plan& plan, int64_t page_entries) {
  if (page_entries < 1)
    return Status(Code::kInvalidArgument, Str("pages must hold at least 1 entry, not ", page_entries));
  auto state = std::make_unique<State>();
  state->page_entries_ = page_entries;
  const Graph& graph = plan.model->graph;
  for (const StateBinding& binding : plan.states) {
    const Type& type = graph.value(graph.FindValue(binding.input)).type;
    const std::string where = Str("state ", Quote(binding.input));
    if (!type.is_tensor() || !type.shape.ranked() || binding.axis < 1 || binding.axis >= type.shape.rank())
      return Status(Code::kInvalidArgument, Str(where, " must be a tensor with axes [rows, ...] that grows along axis ",
                                                binding.axis, ", is ", type));
    Dims entry;
    for (int i = 1; i < type.shape.rank(); ++i) {
      if (i == binding.axis) continue;
      if (!type.shape[i].is_const())
        return Status(Code::kInvalidArgument,
                      Str(where, " must have constant dims but for rows and axis ", binding.axis, ", is ", type));
      entry.push_back(type.shape[i].value());
    }
    state->tracks_.push_back({type.dtype, entry, BytesFor(type.dtype, entry.elements()), binding.capacity, {}, {}});
  }
  return state;
}

Status State::Reserve(int64_t entries) {
  for (Track& t : tracks_) {
    if (entries > t.capacity)
      return Status(Code::kOutOfMemory, Str("state holds at most ", t.capacity, " entries, ", entries, " are needed"));
    while (static_cast<int64_t>(t.pages.size()) * page_entries_ < entries) {
      Dims page = t.entry_dims;
      page.insert(0, page_entries_);
      HASTEN_ASSIGN(Tensor memory, NewTensor(t.dtype, page));
      t.pages.push_back(memory.data);
      t.memory.push_back(std::move(memory));
    }
  }
  return {};
}

}  // namespace hasten
