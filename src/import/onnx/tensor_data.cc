#include "import/onnx/tensor_data.h"

#include <charconv>
#include <cstring>
#include <filesystem>

#include "import/onnx/proto.h"

namespace hasten::onnx {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxElements = int64_t{1} << 48;  // bytes of so many still fit an int64

Result<Dims> DimsOf(const std::vector<int64_t>& dims) {
  HASTEN_REQUIRE(dims.size() <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", dims.size());
  HASTEN_ASSIGN(const int64_t elements, CheckedElements(dims));
  HASTEN_REQUIRE(elements <= kMaxElements, "a tensor of ", elements, " elements cannot be held");
  return Dims(dims);
}

// How elements of a dtype are spelled in the typed fields of a TensorProto.
struct TypedField {
  uint32_t number;
  std::string_view name;
  int64_t entries;          // that n elements take
  int64_t bytes_per_entry;  // at least, in the file
};

TypedField FieldOf(DType dtype, int64_t n) {
  switch (dtype) {
    case DType::kF32: return {4, "float_data", n, 4};
    case DType::kC64: return {4, "float_data", 2 * n, 4};
    case DType::kF64: return {10, "double_data", n, 8};
    case DType::kC128: return {10, "double_data", 2 * n, 8};
    case DType::kI64: return {7, "int64_data", n, 1};
    case DType::kU32:
    case DType::kU64: return {11, "uint64_data", n, 1};
    case DType::kString: return {6, "string_data", n, 2};
    default: {
      const bool packed = Bits(dtype) == 2 || Bits(dtype) == 4;  // an entry is a byte of several elements
      return {5, "int32_data", packed ? BytesFor(dtype, n) : n, 1};
    }
  }
}

// Writes entry after entry into a tensor, counting on past its end.
class EntryWriter {
 public:
  EntryWriter(Tensor* t, int64_t entries) : t_(t), left_(entries) {}
  void Varint(int64_t v) {
    if (left_-- <= 0) return;
    const int bits = Bits(t_->dtype);
    if (t_->dtype == DType::kBool) v = v != 0;
    if (bits == 6) return Six(static_cast<uint32_t>(v) & 63);
    Write(&v, bits <= 8 ? 1 : static_cast<size_t>(bits / 8));  // little endian: the low bytes come first
  }
  void Number(const void* v, size_t size) {
    if (left_-- > 0) Write(v, size);
  }
  void String(Bytes s) {
    if (left_-- > 0) t_->as<std::string>()[at_++].assign(s);
  }
  int64_t left() const { return left_; }

 private:
  void Write(const void* v, size_t size) {
    std::memcpy(t_->data + at_, v, size);
    at_ += size;
  }
  void Six(uint32_t v) {
    const size_t bit = 6 * at_++;
    const uint32_t wide = v << (bit % 8);
    t_->data[bit / 8] |= static_cast<std::byte>(wide);
    if (wide > 255) t_->data[bit / 8 + 1] |= static_cast<std::byte>(wide >> 8);
  }
  Tensor* t_;
  int64_t left_;
  size_t at_ = 0;
};

bool TakeEntries(Field& f, DType dtype, EntryWriter* out) {
  switch (dtype) {
    case DType::kF32:
    case DType::kC64: return TakeFloats(f, [&](float v) { out->Number(&v, sizeof v); });
    case DType::kF64:
    case DType::kC128: return TakeDoubles(f, [&](double v) { out->Number(&v, sizeof v); });
    case DType::kString: return IsBytes(f) && (out->String(ViewOf(f)), true);
    default: return TakeVarints(f, [&](int64_t v) { out->Varint(v); });
  }
}

Result<uint64_t> ParseNumber(Bytes key, Bytes text) {
  uint64_t v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  HASTEN_REQUIRE(error == std::errc() && end == text.data() + text.size(), "external data: '", key,
                 "' must be a number, is ", Quote(text.substr(0, 40)));
  return v;
}

struct ExternalRange {
  Bytes location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

Result<ExternalRange> RangeOf(const StringMap& entries) {
  ExternalRange range;
  for (const auto& [key, value] : entries) {
    if (key == "location") range.location = value;
    if (key == "offset") {
      HASTEN_ASSIGN(range.offset, ParseNumber(key, value));
    }
    if (key == "length") {
      HASTEN_ASSIGN(range.length, ParseNumber(key, value));
    }
  }
  HASTEN_REQUIRE(!range.location.empty(), "external data has no location");
  return range;
}

// True if `inner`, both canonical, lies in the folder `outer`.
bool LiesIn(const fs::path& inner, const fs::path& outer) {
  const auto [at, rest] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return at == outer.end() && rest != inner.end();
}

}  // namespace

Result<DType> DTypeOf(int64_t number) {
  HASTEN_REQUIRE(number > 0 && number < kNumDTypes, "data type must be one of 1 to ", kNumDTypes - 1, ", is ", number);
  return static_cast<DType>(number);
}

DataSource::DataSource(Bytes file, std::shared_ptr<const void> owner, std::string folder, bool may_read_files)
    : file_(file),
      owner_(std::move(owner)),
      folder_(std::move(folder)),
      may_read_files_(may_read_files),
      expansion_left_((int64_t{64} << 20) + 64 * static_cast<int64_t>(file.size())) {}

Tensor DataSource::View(DType dtype, const Dims& dims, Bytes bytes) const {
  // Constants are never written; the tensor's pointer is not const because run-time tensors share the type.
  auto* data = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(bytes.data()));
  return Tensor{dtype, dims, data, owner_, {}};
}

Result<Constant> DataSource::Read(const WireTensor& t) {
  HASTEN_ASSIGN(const DType dtype, DTypeOf(t.dtype));
  HASTEN_ASSIGN(const Dims dims, DimsOf(t.dims));
  if (t.segmented) return Status(Code::kUnsupported, "tensors in segments cannot be read");
  if (t.external) return ReadExternal(t, dtype, dims);
  if (t.raw && dtype != DType::kString) return ReadRaw(t, dtype, dims);
  return ReadTyped(t, dtype, dims);
}

Result<Constant> DataSource::ReadRaw(const WireTensor& t, DType dtype, const Dims& dims) {
  const int64_t bytes = BytesFor(dtype, dims.elements());
  HASTEN_REQUIRE(static_cast<uint64_t>(bytes) == t.raw.bytes.size(), Name(dtype), dims.Text(), " must have ", bytes,
                 " bytes of raw data, has ", t.raw.bytes.size());
  Constant c{View(dtype, dims, t.raw.bytes), {}, {}};
  c.source.offset = static_cast<uint64_t>(t.raw.bytes.data() - file_.data());
  c.source.length = t.raw.bytes.size();
  return c;
}

// The elements of a packed field that already lies in memory as a tensor does; empty otherwise.
Bytes DataSource::Packed(const WireTensor& t, DType dtype, int64_t bytes) const {
  if (dtype != DType::kF32 && dtype != DType::kF64) return {};
  const uint32_t wanted = FieldOf(dtype, 1).number;
  Bytes found;
  int pieces = 0;
  const Status ok = ReadFields("TensorProto", t.message, [&](uint32_t number, Field& f) {
    if (number != wanted) return false;
    ++pieces;
    return Take(f, &found);
  });
  return ok.ok() && pieces == 1 && found.size() == static_cast<uint64_t>(bytes) ? found : Bytes();
}

Result<Constant> DataSource::ReadTyped(const WireTensor& t, DType dtype, const Dims& dims) {
  const TypedField field = FieldOf(dtype, dims.elements());
  HASTEN_REQUIRE(field.entries <= static_cast<int64_t>(t.message.size()) / field.bytes_per_entry, Name(dtype),
                 dims.Text(), " must have ", field.entries, " entries of ", field.name, ", more than its ",
                 t.message.size(), " bytes can hold");
  if (const Bytes in_place = Packed(t, dtype, BytesFor(dtype, dims.elements())); !in_place.empty())
    return Constant{View(dtype, dims, in_place), {}, {}};
  HASTEN_ASSIGN(Tensor out, NewTensor(dtype, dims));
  EntryWriter writer(&out, field.entries);
  HASTEN_TRY(ReadFields("TensorProto", t.message, [&](uint32_t number, Field& f) {
    return number == field.number && TakeEntries(f, dtype, &writer);
  }));
  HASTEN_REQUIRE(writer.left() == 0, Name(dtype), dims.Text(), " must have ", field.entries, " entries of ", field.name,
                 ", has ", field.entries - writer.left());
  return Constant{std::move(out), {}, {}};
}

Result<std::shared_ptr<const MappedFile>> DataSource::OpenExternal(std::string_view location) {
  if (const auto it = opened_.find(location); it != opened_.end()) return it->second;
  const fs::path relative(location);
  const bool escapes = std::find(relative.begin(), relative.end(), "..") != relative.end();
  HASTEN_REQUIRE(relative.is_relative() && !escapes && location.find('\0') == location.npos, "external data: location ",
                 Quote(location.substr(0, 200)), " must be a path inside the model's folder");
  std::error_code error;
  const fs::path folder = fs::canonical(folder_.empty() ? fs::path(".") : fs::path(folder_), error);
  if (error) return Status(Code::kNotFound, Str("external data: folder ", Quote(folder_), ": ", error.message()));
  const fs::path path = fs::canonical(folder / relative, error);
  if (error)
    return Status(Code::kNotFound, Str("external data: ", Quote(location.substr(0, 200)), ": ", error.message()));
  HASTEN_REQUIRE(LiesIn(path, folder), "external data: ", Quote(location.substr(0, 200)),
                 " is a link that leads out of the model's folder");
  HASTEN_ASSIGN(auto file, MappedFile::Open(path.string()));
  opened_.emplace(location, file);
  return file;
}

Result<Constant> DataSource::ReadExternal(const WireTensor& t, DType dtype, const Dims& dims) {
  if (!may_read_files_) return Status(Code::kUnsupported, "external data cannot be read: the model came from memory");
  HASTEN_REQUIRE(dtype != DType::kString, "external data cannot hold strings");
  HASTEN_ASSIGN(const ExternalRange range, RangeOf(t.external_data));
  HASTEN_ASSIGN(auto file, OpenExternal(range.location));
  const auto bytes = static_cast<uint64_t>(BytesFor(dtype, dims.elements()));
  const uint64_t length = range.length.value_or(bytes);
  HASTEN_REQUIRE(length == bytes, Name(dtype), dims.Text(), " must have ", bytes, " bytes of external data, has ",
                 length);
  const uint64_t size = file->bytes().size();
  if (range.offset > size || length > size - range.offset)
    return Status(Code::kDataLoss, Str("external data: bytes ", range.offset, " to ", range.offset + length, " of ",
                                       Quote(range.location.substr(0, 200)), ", which has ", size));
  Constant c{View(dtype, dims, file->bytes().substr(range.offset, length)), {}, {}};
  c.tensor.owner = file;
  c.source = {std::string(range.location), range.offset, length};
  return c;
}

Result<Constant> DataSource::Read(const WireSparse& s) {
  HASTEN_REQUIRE(s.values && s.indices, "a sparse tensor must have values and indices");
  HASTEN_ASSIGN(const WireTensor wire_values, ReadTensor(s.values.bytes));
  HASTEN_ASSIGN(const WireTensor wire_indices, ReadTensor(s.indices.bytes));
  HASTEN_ASSIGN(const Constant values, Read(wire_values));
  HASTEN_ASSIGN(const Constant indices, Read(wire_indices));
  HASTEN_ASSIGN(const Dims dims, DimsOf(s.dims));
  const Tensor &v = values.tensor, &at = indices.tensor;
  const int64_t n = v.elements(), rank = dims.rank();
  const bool linear = at.dims.rank() == 1 && at.dims[0] == n;
  HASTEN_REQUIRE(v.dims.rank() == 1 && at.dtype == DType::kI64 && (linear || at.dims == Dims({n, rank})),
                 "a sparse tensor of rank ", rank, " must have values [n] and i64 indices [n] or [n,", rank, "], has ",
                 v, " and ", at);
  const int64_t bytes = BytesFor(v.dtype, dims.elements());
  if (bytes > expansion_left_)
    return Status(Code::kOutOfMemory, Str("a sparse tensor of ", bytes, " bytes when dense is more than a file of ",
                                          file_.size(), " bytes may ask for"));
  expansion_left_ -= bytes;
  HASTEN_ASSIGN(Tensor dense, NewTensor(v.dtype, dims));
  for (int64_t i = 0; i < n; ++i) {
    int64_t index = linear ? at.Int(i) : 0;
    for (int64_t axis = 0; !linear && axis < rank; ++axis) {
      const int64_t along = at.Int(i * rank + axis), dim = dims[static_cast<size_t>(axis)];
      HASTEN_REQUIRE(along >= 0 && along < dim, "index ", along, " of a sparse tensor is outside of [0, ", dim, ")");
      index = index * dim + along;
    }
    HASTEN_REQUIRE(index >= 0 && index < dims.elements(), "index ", index, " of a sparse tensor is outside of ",
                   dims.Text());
    CopyElements(v, i, &dense, index, 1);
  }
  return Constant{std::move(dense), {}, {}};
}

}  // namespace hasten::onnx
