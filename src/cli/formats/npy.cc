#include "cli/formats/npy.h"

#include <utf8proc.h>

#include "base/mapped_file.h"
#include "cli/formats/npy_header.h"

namespace hasten::cli {
namespace {

struct NumpyType {
  DType dtype;
  std::string_view descr;
};
constexpr NumpyType kTypes[] = {
    {DType::kF32, "<f4"}, {DType::kF64, "<f8"},  {DType::kF16, "<f2"}, {DType::kU8, "|u1"},    {DType::kI8, "|i1"},
    {DType::kU16, "<u2"}, {DType::kI16, "<i2"},  {DType::kU32, "<u4"}, {DType::kI32, "<i4"},   {DType::kU64, "<u8"},
    {DType::kI64, "<i8"}, {DType::kBool, "|b1"}, {DType::kC64, "<c8"}, {DType::kC128, "<c16"},
};

DType NumpyDType(const NpyHeader& h) {
  const std::string code = Str(h.kind, h.item_bytes);
  for (const NumpyType& t : kTypes)
    if (t.descr.substr(1) == code) return t.dtype;
  return DType::kNone;
}

std::string_view DescrOf(DType dtype) {
  for (const NumpyType& t : kTypes)
    if (t.dtype == dtype) return t.descr;
  return "";
}

// The NumPy type that carries a type it lacks; kNone if it has it (or it is a string).
DType Carrier(DType dtype) {
  if (dtype == DType::kNone || dtype == DType::kString || !DescrOf(dtype).empty()) return DType::kNone;
  if (Bits(dtype) == 16) return DType::kU16;
  return IsInteger(dtype) && IsSigned(dtype) ? DType::kI8 : DType::kU8;
}

bool CarriesValues(DType dtype) { return IsSubByte(dtype) && IsInteger(dtype); }  // not bits

// Element `i` in C order lies at this index of a Fortran-ordered array.
class FortranIndex {
 public:
  explicit FortranIndex(const Dims& dims) : dims_(dims), at_(Dims::Filled(dims.rank(), 0)), strides_(dims) {
    int64_t stride = 1;
    for (int d = 0; d < dims.rank(); ++d) {
      strides_[d] = stride;
      stride *= dims[d];
    }
  }
  int64_t value() const { return index_; }
  void Next() {
    for (int d = dims_.rank() - 1; d >= 0; --d) {
      index_ += strides_[d];
      if (++at_[d] < dims_[d]) return;
      index_ -= strides_[d] * dims_[d];
      at_[d] = 0;
    }
  }

 private:
  Dims dims_, at_, strides_;
  int64_t index_ = 0;
};

// The elements in C order and little-endian, if they are not yet so.  Complex numbers are swapped by halves.
Result<Tensor> Rearrange(const NpyHeader& h, const Tensor& raw) {
  HASTEN_ASSIGN(Tensor out, NewTensor(raw.dtype, raw.dims));
  const size_t item = static_cast<size_t>(h.item_bytes), word = h.kind == 'c' ? item / 2 : h.kind == 'U' ? 4 : item;
  FortranIndex fortran(h.dims);
  std::byte* to = out.data;
  const int64_t count = h.dims.elements();
  for (int64_t i = 0; i < count; ++i, fortran.Next(), to += item) {
    std::memcpy(to, raw.data + static_cast<size_t>(h.fortran ? fortran.value() : i) * item, item);
    if (h.byte_order != '>') continue;
    for (size_t at = 0; at < item; at += word) std::reverse(to + at, to + at + word);
  }
  return out;
}

std::string FromUnicode(const std::byte* data, int64_t bytes) {
  std::string out;
  for (int64_t at = 0; at < bytes; at += 4) {
    uint32_t c;
    std::memcpy(&c, data + at, 4);
    utf8proc_uint8_t encoded[4];
    const utf8proc_ssize_t n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c & 0x7fffffff), encoded);
    out.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(n));
  }
  return out;
}

// `bytes` holds fixed-width strings in C order, padded with zeros.
Result<Tensor> Strings(const NpyHeader& h, const Tensor& bytes) {
  HASTEN_ASSIGN(Tensor out, NewTensor(DType::kString, h.dims));
  for (int64_t i = 0; i < out.elements(); ++i) {
    const std::byte* item = bytes.data + i * h.item_bytes;
    std::string s = h.kind == 'U' ? FromUnicode(item, h.item_bytes)
                                  : std::string(reinterpret_cast<const char*>(item), static_cast<size_t>(h.item_bytes));
    s.resize(s.find_last_not_of('\0') + 1);
    out.as<std::string>()[i] = std::move(s);
  }
  return out;
}

// What WriteNpy made of a type that NumPy lacks, back in that type.
Result<Tensor> FromCarrier(Tensor t, DType wanted) {
  if (!IsSubByte(wanted)) {
    t.dtype = wanted;
    return t;
  }
  HASTEN_ASSIGN(Tensor out, NewTensor(wanted, t.dims));
  const bool values = CarriesValues(wanted);
  const int64_t low = values ? IntMin(wanted) : 0;
  const int64_t high = values ? static_cast<int64_t>(IntMax(wanted)) : (int64_t{1} << Bits(wanted)) - 1;
  for (int64_t i = 0; i < t.elements(); ++i) {
    const int64_t v = t.Int(i);
    if (v < low || v > high)
      return Status(Code::kInvalidArgument,
                    Str("element ", i, " must be in [", low, ", ", high, "] for ", Name(wanted), ", is ", v));
    if (values)
      out.SetInt(i, v);
    else
      out.SetDouble(i, DecodeFloat(wanted, static_cast<uint32_t>(v)));
  }
  return out;
}

// Code points of each string; nullopt if one is not UTF-8 or ends in NUL, which NumPy would drop.
std::optional<std::vector<std::u32string>> CodePoints(const Tensor& t) {
  std::vector<std::u32string> out(static_cast<size_t>(t.elements()));
  for (int64_t i = 0; i < t.elements(); ++i) {
    const std::string& s = t.string(i);
    for (size_t at = 0; at < s.size();) {
      utf8proc_int32_t c = 0;
      const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(s.data() + at);
      const utf8proc_ssize_t n = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(s.size() - at), &c);
      if (n <= 0) return std::nullopt;
      out[static_cast<size_t>(i)].push_back(static_cast<char32_t>(c));
      at += static_cast<size_t>(n);
    }
  }
  return out;
}

// Strings of one width: zeros fill the shorter ones.
template <class String>
std::string Padded(std::span<const String> strings, size_t width) {
  using Char = typename String::value_type;
  std::string out;
  for (const String& s : strings) {
    out.append(reinterpret_cast<const char*>(s.data()), s.size() * sizeof(Char));
    out.append((width - s.size()) * sizeof(Char), '\0');
  }
  return out;
}

template <class String>
size_t Width(std::span<const String> strings) {
  size_t width = 1;  // NumPy has no strings of width 0
  for (const String& s : strings) width = std::max(width, s.size());
  return width;
}

std::string StringArray(const Tensor& t) {
  if (const auto unicode = CodePoints(t)) {
    const std::span<const std::u32string> all(*unicode);
    return WriteNpyHeader(Str("<U", Width(all)), t.dims) + Padded(all, Width(all));
  }
  const std::span<const std::string> all(t.as<std::string>(), static_cast<size_t>(t.elements()));
  return WriteNpyHeader(Str("|S", Width(all)), t.dims) + Padded(all, Width(all));
}

Result<Tensor> ToCarrier(const Tensor& t) {
  const DType carrier = Carrier(t.dtype);
  if (!IsSubByte(t.dtype)) {
    Tensor out = t;
    out.dtype = carrier;
    return out;
  }
  HASTEN_ASSIGN(Tensor out, NewTensor(carrier, t.dims));
  for (int64_t i = 0; i < t.elements(); ++i)
    out.SetInt(i, CarriesValues(t.dtype) ? t.Int(i) : EncodeFloat(t.dtype, t.Double(i)));
  return out;
}

}  // namespace

Result<Tensor> ReadNpy(const FileBytes& file, DType wanted) {
  HASTEN_ASSIGN(const NpyHeader h, ReadNpyHeader(file.bytes));
  const bool text = h.kind == 'S' || h.kind == 'U';
  DType dtype = NumpyDType(h);
  if (h.kind == 'V' && Carrier(wanted) != DType::kNone && BytesFor(Carrier(wanted), 1) == h.item_bytes)
    dtype = Carrier(wanted);  // so NumPy names bfloat16 and its kin from other packages
  if (!text && dtype == DType::kNone)
    return Status(Code::kUnsupported, Str("elements of type '", h.kind, h.item_bytes, "' are not read"));
  const uint64_t there = file.bytes.size() - h.data_at;
  const auto count = static_cast<unsigned __int128>(h.dims.elements());
  const unsigned __int128 need = count * static_cast<uint64_t>(h.item_bytes);
  if (need != there)
    return Status(Code::kDataLoss, Str("shape ", h.dims, " of ", h.item_bytes, "-byte elements does not fit the ",
                                       there, " bytes of data"));
  // Strings of no bytes would cost memory that the file does not account for.
  if (text && h.item_bytes == 0 && count > file.bytes.size())
    return Status(Code::kDataLoss, Str("shape ", h.dims, " of empty strings is more than the file can mean"));
  Tensor raw;
  raw.dtype = text ? DType::kU8 : dtype;
  raw.dims = text ? Dims{static_cast<int64_t>(need)} : h.dims;
  raw.data = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(file.bytes.data() + h.data_at));
  raw.owner = file.owner;
  const bool swapped = h.byte_order == '>' && h.item_bytes > 1 && h.kind != 'S';
  if (swapped || (h.fortran && h.dims.rank() > 1)) {
    HASTEN_ASSIGN(raw, Rearrange(h, raw));
  }
  if (text) return Strings(h, raw);
  if (wanted != dtype && Carrier(wanted) == dtype) return FromCarrier(std::move(raw), wanted);
  if (dtype == DType::kBool) {  // other bytes than 0 and 1 are true, too
    HASTEN_ASSIGN(raw, Clone(raw));
    for (int64_t i = 0; i < raw.elements(); ++i) raw.data[i] = std::byte{raw.data[i] != std::byte{0}};
  }
  return raw;
}

Result<Tensor> ReadNpy(const std::string& path, DType wanted) {
  HASTEN_ASSIGN(const FileBytes file, ReadBytes(path));
  return ReadNpy(file, wanted).At(path);
}

Result<std::string> EncodeNpy(const Tensor& t) {
  if (t.dtype == DType::kString) return StringArray(t);
  Tensor plain = t;
  if (Carrier(t.dtype) != DType::kNone) {
    HASTEN_ASSIGN(plain, ToCarrier(t));
  }
  std::string file = WriteNpyHeader(DescrOf(plain.dtype), plain.dims);
  file.append(reinterpret_cast<const char*>(plain.data), static_cast<size_t>(plain.bytes()));
  return file;
}

Status WriteNpy(const std::string& path, const Tensor& t) {
  HASTEN_ASSIGN(const std::string file, EncodeNpy(t));
  return WriteFile(path, file);
}

std::string NpyNote(DType dtype) {
  const DType carrier = Carrier(dtype);
  if (carrier == DType::kNone) return "";
  const std::string_view name = carrier == DType::kU16 ? "uint16" : carrier == DType::kU8 ? "uint8" : "int8";
  return Str("NumPy has no ", Name(dtype), ": written as ", name, CarriesValues(dtype) ? "" : ", bit by bit");
}

}  // namespace hasten::cli
