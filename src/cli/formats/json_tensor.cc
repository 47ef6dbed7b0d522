#include "cli/formats/json_tensor.h"

#include <cmath>

namespace hasten::cli {
namespace {

using Json = rapidjson::Value;

std::string Brief(const Json& v) {
  if (v.IsString()) return Quote(std::string_view(v.GetString(), std::min<size_t>(v.GetStringLength(), 40)));
  if (v.IsInt64()) return Str(v.GetInt64());
  if (v.IsUint64()) return Str(v.GetUint64());
  if (v.IsNumber()) return Str(v.GetDouble());
  if (v.IsBool()) return Str(v.GetBool());
  return v.IsArray() ? "a list" : v.IsObject() ? "an object" : "null";
}

std::optional<double> Number(const Json& v) {
  if (v.IsNumber()) return v.GetDouble();
  if (!v.IsString()) return std::nullopt;
  const std::string_view text(v.GetString(), v.GetStringLength());
  if (text == "NaN" || text == "nan") return NAN;
  if (text == "Infinity" || text == "inf") return INFINITY;
  if (text == "-Infinity" || text == "-inf") return -INFINITY;
  return std::nullopt;
}

bool IsPair(const Json& v) {
  return v.IsArray() && v.Size() == 2 && Number(v[0]).has_value() && Number(v[1]).has_value();
}

// The elements of nested lists, in order, counted first and taken then.
class Elements {
 public:
  Elements(const Json& data, DType dtype) : data_(data), dtype_(dtype) {
    if (dtype_ == DType::kNone) dtype_ = Suggested(data);
    complex_ = LaneOf(dtype_) == Lane::kComplex;
  }
  DType dtype() const { return dtype_; }

  // The dims of the lists, which must not be ragged.
  Result<Dims> Nesting() const {
    Dims dims;
    for (const Json* v = &data_; IsList(*v); v = &(*v)[0]) {
      if (dims.rank() == Dims::kMaxRank) return Wrong("", Str("more than ", Dims::kMaxRank, " lists in one another"));
      dims.push_back(v->Size());
      if (v->Empty()) break;
    }
    HASTEN_TRY(CheckEven(data_, dims, 0, ""));
    return dims;
  }

  int64_t Count() const { return Count(data_, 0); }

  Status Store(Tensor* out) {
    out_ = out;
    next_ = 0;
    return StoreAll(data_, 0, "");
  }

 private:
  static Status Wrong(std::string_view where, std::string_view what) {
    return Status(Code::kInvalidArgument, where.empty() ? std::string(what) : Str(where, ": ", what));
  }
  bool IsList(const Json& v) const { return v.IsArray() && !(complex_ && IsPair(v)); }

  static DType Suggested(const Json& v) {
    const Json* first = &v;
    while (first->IsArray() && !first->Empty()) first = &(*first)[0];
    if (first->IsBool()) return DType::kBool;
    if (first->IsInt64()) return DType::kI64;
    return first->IsString() && !Number(*first) ? DType::kString : DType::kF32;
  }

  Status CheckEven(const Json& v, const Dims& dims, int depth, const std::string& where) const {
    if (depth == dims.rank()) return IsList(v) ? Wrong(where, "must be an element, is a list") : Status();
    if (!IsList(v)) return Wrong(where, Str("must be a list of ", dims[depth], ", is ", Brief(v)));
    if (v.Size() != dims[depth])
      return Wrong(where, Str("must be a list of ", dims[depth], " as its neighbours are, has ", v.Size()));
    if (depth + 1 == dims.rank()) {
      for (const Json& element : v.GetArray())
        if (IsList(element)) return Wrong(where, "elements and lists are mixed");
      return {};
    }
    for (rapidjson::SizeType i = 0; i < v.Size(); ++i)
      HASTEN_TRY(CheckEven(v[i], dims, depth + 1, Str(where, "[", i, "]")));
    return {};
  }

  int64_t Count(const Json& v, int depth) const {
    if (!IsList(v) || depth == Dims::kMaxRank) return 1;
    int64_t n = 0;
    for (const Json& element : v.GetArray()) n += Count(element, depth + 1);
    return n;
  }

  Status StoreAll(const Json& v, int depth, const std::string& where) {
    if (!IsList(v) || depth == Dims::kMaxRank) return StoreOne(v).At(where.empty() ? "value" : where);
    for (rapidjson::SizeType i = 0; i < v.Size(); ++i) {
      const Json& element = v[i];
      if (IsList(element))
        HASTEN_TRY(StoreAll(element, depth + 1, Str(where, "[", i, "]")));
      else if (Status status = StoreOne(element); !status.ok())  // a path is only made where it is told
        return std::move(status).At(Str(where, "[", i, "]"));
    }
    return {};
  }

  Status StoreOne(const Json& v) {
    switch (LaneOf(dtype_)) {
      case Lane::kString:
        if (!v.IsString()) return Must("text", v);
        out_->as<std::string>()[next_++] = std::string(v.GetString(), v.GetStringLength());
        return {};
      case Lane::kComplex:
        if (!IsPair(v)) return Must("a pair [real, imaginary]", v);
        out_->SetComplex(next_++, {*Number(v[0]), *Number(v[1])});
        return {};
      case Lane::kDouble: {
        const auto number = Number(v);
        if (!number) return Must("a number", v);
        out_->SetDouble(next_++, *number);
        return {};
      }
      default: return StoreInteger(v);
    }
  }

  Status StoreInteger(const Json& v) {
    if (dtype_ == DType::kBool && v.IsBool()) {
      out_->SetInt(next_++, v.GetBool());
      return {};
    }
    const int64_t low = IntMin(dtype_);
    const uint64_t high = IntMax(dtype_);
    int64_t bits = 0;
    bool fits = false;
    if (v.IsInt64()) {
      bits = v.GetInt64();
      fits = bits >= low && (bits < 0 || static_cast<uint64_t>(bits) <= high);
    } else if (v.IsUint64()) {
      bits = static_cast<int64_t>(v.GetUint64());
      fits = v.GetUint64() <= high;
    } else if (v.IsDouble()) {
      constexpr double kExact = 9007199254740992.0;  // 2^53: what a double holds as it was written
      const double d = v.GetDouble();
      fits = d == std::trunc(d) && std::abs(d) <= kExact && d >= static_cast<double>(low) &&
             d <= static_cast<double>(high);
      bits = fits ? static_cast<int64_t>(d) : 0;
    }
    if (!fits) return Must(dtype_ == DType::kBool ? "true or false" : Str("an integer in [", low, ", ", high, "]"), v);
    out_->SetInt(next_++, bits);
    return {};
  }

  Status Must(std::string_view what, const Json& v) const {
    return Status(Code::kInvalidArgument, Str("must be ", what, " for ", hasten::Name(dtype_), ", is ", Brief(v)));
  }

  const Json& data_;
  DType dtype_;
  bool complex_ = false;
  Tensor* out_ = nullptr;
  int64_t next_ = 0;
};

}  // namespace

Result<Tensor> TensorOfJson(const Json& data, const std::optional<Dims>& shape, DType dtype) {
  Elements elements(data, dtype);
  Dims dims;
  if (shape) {
    dims = *shape;
    HASTEN_ASSIGN(const int64_t wanted, CheckedElements(dims));
    if (const int64_t there = elements.Count(); there != wanted)
      return Status(Code::kInvalidArgument, Str("shape ", dims, " takes ", wanted, " elements, there are ", there));
  } else {
    HASTEN_ASSIGN(dims, elements.Nesting());
  }
  HASTEN_ASSIGN(Tensor out, NewTensor(elements.dtype(), dims));
  HASTEN_TRY(elements.Store(&out));
  return out;
}

}  // namespace hasten::cli
