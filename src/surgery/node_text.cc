// Attributes and constants of new nodes from what a person types.
#include <charconv>

#include "surgery/nodes.h"

namespace hasten {
namespace {

template <class T>
std::optional<T> Number(std::string_view text) {
  T v{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return v;
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string Unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return std::string(quoted ? text.substr(1, text.size() - 2) : text);
}

// "[1, 2]" as its parts; nullopt: no list.
std::optional<std::vector<std::string_view>> ListOf(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) return std::nullopt;
  text = Trimmed(text.substr(1, text.size() - 2));
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    out.push_back(Trimmed(text.substr(0, comma)));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return out;
}

template <class T>
std::optional<std::vector<T>> Numbers(const std::vector<std::string_view>& parts) {
  std::vector<T> out;
  for (const std::string_view part : parts) {
    const auto v = Number<T>(part);
    if (!v) return std::nullopt;
    out.push_back(*v);
  }
  return out;
}

// What the text may mean, the most likely first.
std::vector<AttrValue> Readings(std::string_view text) {
  std::vector<AttrValue> out;
  if (const auto list = ListOf(text)) {
    if (auto ints = Numbers<int64_t>(*list)) out.emplace_back(*std::move(ints));
    if (auto floats = Numbers<float>(*list)) out.emplace_back(*std::move(floats));
    std::vector<std::string> strings;
    for (const std::string_view part : *list) strings.push_back(Unquoted(part));
    out.emplace_back(std::move(strings));
    return out;
  }
  if (const auto i = Number<int64_t>(text)) out.emplace_back(*i);
  if (const auto f = Number<float>(text)) out.emplace_back(*f);
  out.emplace_back(Unquoted(text));
  if (const auto dtype = DTypeFromName(text)) out.emplace_back(static_cast<int64_t>(*dtype));
  return out;
}

}  // namespace

Result<NamedAttr> AttrFromText(std::string_view spec_op, std::string_view name, std::string_view text,
                               const Catalog& catalog) {
  const std::vector<AttrValue> readings = Readings(Trimmed(text));
  const OpDef* op = catalog.Find(spec_op);
  if (!op) return NamedAttr{std::string(name), readings[0]};
  Attrs trial(op->attrs);
  Status first;
  for (const AttrValue& v : readings) {
    Status status = trial.Set(name, v);
    if (status.ok()) return NamedAttr{std::string(name), v};
    if (first.ok()) first = std::move(status);
  }
  return std::move(first).At(spec_op);
}

Status AddConstantFromText(Graph* graph, std::string name, std::string_view text) {
  std::optional<DType> dtype;
  std::string_view values = text;
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    dtype = DTypeFromName(text.substr(0, colon));
    values = text.substr(colon + 1);
  }
  const auto list = ListOf(Trimmed(values));
  const std::vector<std::string_view> parts = list ? *list : std::vector<std::string_view>{Trimmed(values)};
  const auto ints = Numbers<int64_t>(parts);
  const auto numbers = Numbers<double>(parts);
  if (!numbers || (dtype && LaneOf(*dtype) == Lane::kString))
    return Status(Code::kInvalidArgument,
                  Str("constant ", Quote(name), ": '", text, "' must be numbers, as in 0.5, [1,2] or f16:0.5"));
  if (graph->FindValue(name) != kNone)
    return Status(Code::kInvalidArgument, Str("a value named ", Quote(name), " exists already"));
  const DType kind = dtype ? *dtype : ints ? DType::kI64 : DType::kF32;
  HASTEN_ASSIGN(Tensor t, NewTensor(kind, list ? Dims{static_cast<int64_t>(parts.size())} : Dims{}));
  for (size_t i = 0; i < parts.size(); ++i) {
    if (ints && !IsFloat(kind))
      t.SetInt(static_cast<int64_t>(i), (*ints)[i]);
    else
      t.SetDouble(static_cast<int64_t>(i), (*numbers)[i]);
  }
  graph->AddConstant(std::move(name), std::move(t));
  return {};
}

}  // namespace hasten
