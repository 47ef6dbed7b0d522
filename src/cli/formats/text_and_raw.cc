#include "cli/formats/value_files.h"

namespace hasten::cli {
namespace {

Tensor WithDims(Tensor t, const Dims& dims) {
  t.dims = dims;
  return t;
}

// The known dims with the open one found, so that they hold `elements`; an open one is 1 where that fits.
std::optional<Dims> Fitting(const KnownDims& known, int64_t elements) {
  Dims dims;
  int64_t rest = 1;
  int open = -1;
  for (const std::optional<int64_t>& d : known) {
    if (!d && open < 0) open = dims.rank();
    if (__builtin_mul_overflow(rest, d.value_or(1), &rest)) return std::nullopt;
    dims.push_back(d.value_or(1));
  }
  if (rest == elements) return dims;
  if (open < 0 || rest == 0 || elements % rest != 0) return std::nullopt;
  dims[open] = elements / rest;
  return dims;
}

Result<Tensor> Converted(const Tensor& from, DType to) {
  HASTEN_ASSIGN(Tensor out, NewTensor(to, from.dims));
  for (int64_t i = 0; i < from.elements(); ++i) {
    if (IsFloat(to) || IsFloat(from.dtype))
      out.SetDouble(i, from.Double(i));
    else
      out.SetInt(i, from.Int(i));
  }
  return out;
}

bool IsNumber(DType dtype) { return IsFloat(dtype) || IsInteger(dtype) || dtype == DType::kBool; }

}  // namespace

Result<Tensor> ReadRaw(const FileBytes& file, const ValueWish& wish) {
  const Type& type = wish.type;
  const DType dtype = wish.raw_dtype.value_or(type.is_tensor() ? type.dtype : DType::kNone);
  if (!type.is_tensor() || type.dtype == DType::kString)
    return Status(Code::kInvalidArgument, Str("a .raw file holds a tensor of numbers, the input is ", type));
  if (!wish.dims) return Status(Code::kInvalidArgument, "a .raw file has no shape; give --shape NAME=DIMS");
  const auto size = static_cast<int64_t>(file.bytes.size());
  const int64_t bits = std::max(1, Bits(dtype)), elements = size / bits * 8 + size % bits * 8 / bits;
  Tensor t;
  t.dtype = dtype;
  if (const auto dims = Fitting(*wish.dims, elements)) {
    t.dims = *dims;
  } else {
    for (const std::optional<int64_t>& d : *wish.dims) t.dims.push_back(d.value_or(1));
  }
  HASTEN_ASSIGN(const int64_t count, CheckedElements(t.dims));
  // Elements smaller than a byte do not tell their number.
  if (count > elements || t.bytes() != size)
    return Status(Code::kInvalidArgument, Str(t, " takes ", count > (int64_t{1} << 50) ? "far more" : Str(t.bytes()),
                                              " bytes, the file has ", size));
  t.data = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(file.bytes.data()));
  t.owner = file.owner;
  if (dtype == type.dtype) return t;
  if (!IsNumber(dtype) || !IsNumber(type.dtype))
    return Status(Code::kInvalidArgument, Str(Name(dtype), " of --raw-dtype cannot become ", Name(type.dtype)));
  return Converted(t, type.dtype);
}

Result<Tensor> ReadLines(std::string_view bytes, const ValueWish& wish) {
  if (wish.type.known() && wish.type.dtype != DType::kString)
    return Status(Code::kInvalidArgument, Str("lines of text are for an input of strings, this one is ", wish.type));
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
  }
  const auto count = static_cast<int64_t>(lines.size());
  Tensor t = TensorOf(Dims{count}, lines);
  if (!wish.dims) return t;
  if (const auto dims = Fitting(*wish.dims, count)) return WithDims(std::move(t), *dims);
  return Status(Code::kInvalidArgument, Str("has ", count, " lines, which do not fill ", wish.type));
}

}  // namespace hasten::cli
