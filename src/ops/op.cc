#include "ops/op.h"

#include "catalog/ops.inc"

namespace hasten {

std::optional<std::vector<int64_t>> InferCall::ConstInts(int i) const {
  const auto known = KnownOf(i);
  if (!known) return std::nullopt;
  std::vector<int64_t> list;
  for (const Dim& d : known->elements) {
    if (!d.is_const()) return std::nullopt;
    list.push_back(d.value());
  }
  return list;
}

std::optional<KnownInts> InferCall::KnownOf(int i) const {
  if (i >= inputs()) return std::nullopt;
  if (ints[i]) return *ints[i];
  const Tensor* t = constant(i);
  if (!t && IsInteger(dtype(i)))  // where there is nothing to know, all is known
    if (const auto dims = shape(i).Concrete(); dims && std::count(dims->begin(), dims->end(), 0) > 0)
      return KnownInts{*dims, {}};
  constexpr int64_t kMaxKnown = 4096;
  if (!t || !(IsInteger(t->dtype) || t->dtype == DType::kBool) || t->elements() > kMaxKnown) return std::nullopt;
  KnownInts known{t->dims, {}};
  for (int64_t v : ToInts(*t)) known.elements.push_back(Dim(v));
  return known;
}

Status InferCall::RequireTensor(int i) const {
  HASTEN_REQUIRE(!has(i) || !type(i).known() || type(i).is_tensor(), "input ", i, " must be a tensor, is ", type(i));
  return {};
}

Status InferCall::RequireRank(int i, int rank) const {
  if (!has(i) || !type(i).is_tensor() || !shape(i).ranked()) return {};
  HASTEN_REQUIRE(shape(i).rank() == rank, "input ", i, " must have rank ", rank, ", has shape ", shape(i));
  return {};
}

Status InferCall::RequireSameDType(int i, int j) const {
  if (!has(i) || !has(j) || dtype(i) == DType::kNone || dtype(j) == DType::kNone) return {};
  HASTEN_REQUIRE(dtype(i) == dtype(j), "inputs ", i, " and ", j, " must have one dtype, are ", Name(dtype(i)), " and ",
                 Name(dtype(j)));
  return {};
}

Status InferCall::RequireDims(int i, int axis, const Dim& d, std::string_view what) const {
  if (!has(i) || !type(i).is_tensor() || !shape(i).ranked() || axis >= shape(i).rank()) return {};
  HASTEN_REQUIRE(!NeverEqual(shape(i)[axis], d), "axis ", axis, " of input ", i, " must be ", d, " (", what,
                 "), input is ", shape(i));
  return {};
}

namespace {

bool ByName(const OpDef* a, const OpDef* b) { return a->name < b->name; }

std::vector<const OpDef*> Merge(std::span<const OpDef* const> own) {
  std::vector<const OpDef*> out(own.begin(), own.end());
  for (const OpDef* op : ops::kCatalog)
    if (std::none_of(own.begin(), own.end(), [&](const OpDef* mine) { return mine->name == op->name; }))
      out.push_back(op);
  std::sort(out.begin(), out.end(), ByName);
  return out;
}

std::string QualifiedName(std::string_view domain, std::string_view type) {
  return domain.empty() || domain == "ai.onnx" ? std::string(type) : Str(domain, ".", type);
}

}  // namespace

std::string_view OpDefName(const OpDef* op) { return op->name; }

Catalog::Catalog(std::span<const OpDef* const> own) : ops_(Merge(own)) {}

const Catalog& Catalog::BuiltIn() {
  static const Catalog catalog{std::span<const OpDef* const>()};
  return catalog;
}

const OpDef* Catalog::Find(std::string_view name) const {
  const auto it =
      std::lower_bound(ops_.begin(), ops_.end(), name, [](const OpDef* a, std::string_view b) { return a->name < b; });
  return it != ops_.end() && (*it)->name == name ? *it : nullptr;
}

const OpDef* Catalog::FindOnnx(std::string_view domain, std::string_view type) const {
  const OpDef* op = Find(QualifiedName(domain, type));
  return op && !op->onnx.versions.empty() ? op : nullptr;
}

}  // namespace hasten
