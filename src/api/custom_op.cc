#include "api/custom_op.h"

namespace hasten::api {
namespace {

// Field `kPlace` of the aggregate; what it may hold is decided by `kAlternative` of AttrValue.
template <size_t kPlace>
void* Member(void* aggregate) {
  return &static_cast<CustomAttrs*>(aggregate)->values[kPlace];
}
template <size_t... kPlaces>
constexpr auto MembersOf(std::index_sequence<kPlaces...>) {
  return std::array{&Member<kPlaces>...};
}
constexpr auto kMembers = MembersOf(std::make_index_sequence<kMostAttributes>());

template <class T>
bool SetAs(void* member, const AttrValue& v) {
  if (!std::holds_alternative<T>(v)) return false;
  *static_cast<std::optional<AttrValue>*>(member) = v;
  return true;
}
std::optional<AttrValue> Get(const void* member) { return *static_cast<const std::optional<AttrValue>*>(member); }

using Setter = bool (*)(void*, const AttrValue&);
constexpr Setter kSetters[] = {&SetAs<int64_t>,
                               &SetAs<float>,
                               &SetAs<std::string>,
                               &SetAs<std::vector<int64_t>>,
                               &SetAs<std::vector<float>>,
                               &SetAs<std::vector<std::string>>,
                               &SetAs<Tensor>};

// Callbacks are others' code: what they throw ends here.
template <class Call>
Status Invoke(hasten_error* (*callback)(void*, Call*), void* user_data, Call* call) {
  try {
    return StatusOf(callback(user_data, call));
  } catch (const std::bad_alloc&) {
    return Status(Code::kOutOfMemory, "not enough memory in a callback");
  } catch (const std::exception& e) {
    return Status(Code::kInternal, Str("a callback threw: ", e.what()));
  } catch (...) {
    return Status(Code::kInternal, "a callback threw");
  }
}

Status Infer(InferCall& c) {
  const CustomOp& op = CustomOp::Of(*c.attributes);
  if (!op.record.infer) return {};
  hasten_infer call{&c, {c.attributes}, {}};
  return Invoke(op.record.infer, op.record.user_data, &call);
}

Status Call(KernelCall& c, hasten_error* (*callback)(void*, hasten_call*), const CustomOp& op) {
  hasten_call call{&c, {c.attributes}};
  HASTEN_TRY(Invoke(callback, op.record.user_data, &call));
  for (int i = 0; i < static_cast<int>(c.out.size()); ++i)
    if (c.wants(i) && !c.out[static_cast<size_t>(i)]->has())
      return Status(Code::kInternal, Str("the op's callback left output ", i, " without memory"));
  return {};
}

Status Compute(KernelCall& c) {
  const CustomOp& op = CustomOp::Of(*c.attributes);
  return Call(c, op.record.compute, op);
}

Status Reference(KernelCall& c) {
  const CustomOp& op = CustomOp::Of(*c.attributes);
  return Call(c, op.record.reference ? op.record.reference : op.record.compute, op);
}

Status CheckAttributes(const hasten_op& op) {
  if (op.attribute_count > kMostAttributes)
    return Misuse("an op has at most ", kMostAttributes, " attributes, not ", op.attribute_count);
  if (op.attribute_count > 0 && !op.attributes) return Misuse("attributes must not be NULL");
  for (size_t i = 0; i < op.attribute_count; ++i) {
    if (!op.attributes[i].name || !*op.attributes[i].name) return Misuse("attribute ", i, " must have a name");
    if (op.attributes[i].kind < 0 || static_cast<size_t>(op.attributes[i].kind) >= std::size(kSetters))
      return Misuse("kind of attribute ", Quote(op.attributes[i].name), " must be one of hasten_attribute_kind, is ",
                    static_cast<int>(op.attributes[i].kind));
  }
  return {};
}

}  // namespace

Status CheckOp(const hasten_op& op) {
  if (!op.domain || !*op.domain || std::string_view(op.domain) == "ai.onnx")
    return Misuse("domain must be one of the application's own, not ONNX's");
  if (!op.name || !*op.name) return Misuse("name must not be empty");
  const std::string name = Str(op.domain, ".", op.name);
  if (Catalog::BuiltIn().Find(name)) return Misuse(name, " is an op of Hasten's own, and cannot be another");
  if (!op.compute) return Misuse(name, ": compute must not be NULL");
  if (op.min_inputs < 0 || op.max_inputs < op.min_inputs)
    return Misuse(name, ": must take min_inputs to max_inputs inputs, not ", op.min_inputs, " to ", op.max_inputs);
  if (op.outputs < 0 || op.since_version < 0) return Misuse(name, ": outputs and since_version must not be negative");
  if (!(op.tolerance >= 0)) return Misuse(name, ": tolerance must not be negative");
  return CheckAttributes(op).At(name);
}

CustomOp::CustomOp(const hasten_op& given)
    : record(given),
      domain(given.domain),
      type(given.name),
      name(Str(domain, ".", type)),
      doc(given.doc ? given.doc : ""),
      tactic_name(Str("application:", name)),
      version{given.since_version > 0 ? given.since_version : 1},
      serves(name) {
  record.free_user_data = nullptr;  // until whoever adds it cannot fail any more
  table.op = this;
  attribute_names.reserve(given.attribute_count);
  for (size_t i = 0; i < given.attribute_count; ++i) {
    attribute_names.push_back(given.attributes[i].name);
    table.fields[i] = {attribute_names[i], kMembers[i], kSetters[given.attributes[i].kind], Get};
  }
  op.name = name;
  op.doc = doc;
  op.attrs = SchemaOf<CustomAttrs>(std::span<const AttrField>(table.fields.data(), given.attribute_count));
  op.arity = {given.min_inputs, given.max_inputs, 1, given.outputs > 0 ? given.outputs : 1};
  op.onnx = {domain, type, std::span(&version, 1)};
  op.infer = Infer;
  op.eval = Reference;
  tactic.name = tactic_name;
  tactic.ops = std::span(&serves, 1);
  tactic.supports = [](const PlanCall&) { return true; };
  tactic.bound = given.tolerance;
  tactic.run = Compute;
}

CustomOp::~CustomOp() {
  if (record.free_user_data) record.free_user_data(record.user_data);
}

int CustomOp::Find(const char* attribute) const {
  for (size_t i = 0; i < attribute_names.size(); ++i)
    if (attribute_names[i] == attribute) return static_cast<int>(i);
  return -1;
}

OpSet::OpSet(std::vector<std::shared_ptr<const CustomOp>> list)
    : custom(std::move(list)), catalog([&] {
        std::vector<const OpDef*> ops;
        for (const auto& c : custom) ops.push_back(&c->op);
        return Catalog(ops);
      }()) {
  for (const auto& c : custom) tactics.push_back(&c->tactic);
}

}  // namespace hasten::api
