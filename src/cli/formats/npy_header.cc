#include "cli/formats/npy_header.h"

#include <charconv>

namespace hasten::cli {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kAlign = 64;

Status Malformed(std::string_view why) { return Status(Code::kDataLoss, Str("malformed .npy header: ", why)); }

// The subset of Python that NumPy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class DictReader {
 public:
  explicit DictReader(std::string_view text) : text_(text) {}

  Status Read(NpyHeader* header) {
    HASTEN_TRY(Expect('{'));
    bool descr = false, order = false, shape = false;
    while (!Take('}')) {
      HASTEN_ASSIGN(const std::string_view key, Quoted());
      HASTEN_TRY(Expect(':'));
      if (key == "descr") {
        HASTEN_TRY(ReadDescr(header));
        descr = true;
      } else if (key == "fortran_order") {
        HASTEN_ASSIGN(header->fortran, Bool());
        order = true;
      } else if (key == "shape") {
        HASTEN_ASSIGN(header->dims, Tuple());
        shape = true;
      } else {
        return Malformed(Str("unknown key ", Quote(key)));
      }
      if (!Take(',') && !Sees('}')) return Malformed("',' or '}' must follow a value");
    }
    if (!descr || !order || !shape) return Malformed("'descr', 'fortran_order' and 'shape' must be there");
    return {};
  }

 private:
  void SkipBlanks() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
  }
  bool Sees(char c) {
    SkipBlanks();
    return text_.starts_with(c);
  }
  bool Take(char c) {
    if (!Sees(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  Status Expect(char c) { return Take(c) ? Status() : Malformed(Str("expected '", c, "'")); }

  Result<std::string_view> Quoted() {
    SkipBlanks();
    const char quote = text_.empty() ? 0 : text_[0];
    const size_t end = quote == '\'' || quote == '"' ? text_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) return Malformed("expected a quoted word");
    const std::string_view word = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return word;
  }

  Result<bool> Bool() {
    SkipBlanks();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    return Malformed("'fortran_order' must be True or False");
  }

  Result<Dims> Tuple() {
    HASTEN_TRY(Expect('('));
    Dims dims;
    while (!Take(')')) {
      SkipBlanks();
      int64_t v = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), v);
      if (error != std::errc() || v < 0) return Malformed("'shape' must be a tuple of lengths");
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      if (dims.rank() == Dims::kMaxRank) return Malformed(Str("more than ", Dims::kMaxRank, " dimensions"));
      dims.push_back(v);
      if (!Take(',') && !Sees(')')) return Malformed("'shape' must be a tuple of lengths");
    }
    HASTEN_ASSIGN([[maybe_unused]] const int64_t elements, CheckedElements(dims));
    return dims;
  }

  Status ReadDescr(NpyHeader* header) {
    if (Sees('[')) return Status(Code::kUnsupported, "a structured array has no tensor type; save one of its fields");
    HASTEN_ASSIGN(std::string_view descr, Quoted());
    const std::string_view all = descr;
    const auto unsupported = [&] {
      return Status(Code::kUnsupported, Str("elements of type '", all, "' are not read"));
    };
    header->byte_order = '<';
    if (!descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos) {
      if (descr[0] != '=') header->byte_order = descr[0];
      descr.remove_prefix(1);
    }
    if (descr.empty()) return unsupported();
    header->kind = descr[0];
    if (header->kind == 'O') return Status(Code::kUnsupported, "an array of Python objects is pickled and is not read");
    const auto [end, error] = std::from_chars(descr.data() + 1, descr.data() + descr.size(), header->item_bytes);
    constexpr int64_t kLongest = 1 << 28;
    if (error != std::errc() || end != descr.data() + descr.size() || header->item_bytes < 0 ||
        header->item_bytes > kLongest)
      return unsupported();
    if (header->kind == 'U') header->item_bytes *= 4;
    return {};
  }

  std::string_view text_;
};

}  // namespace

Result<NpyHeader> ReadNpyHeader(std::string_view file) {
  if (!file.starts_with(kMagic) || file.size() < 10)
    return Status(Code::kDataLoss, "is no .npy file: it does not begin with \\x93NUMPY");
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(file[i])); };
  const size_t major = byte(6);
  if (major < 1 || major > 3) return Status(Code::kUnsupported, Str("version ", major, " of .npy is not read"));
  const size_t length_bytes = major == 1 ? 2 : 4;
  NpyHeader header;
  size_t length = 0;
  header.data_at = 8 + length_bytes;
  if (file.size() < header.data_at) return Malformed("the file ends in it");
  for (size_t i = 0; i < length_bytes; ++i) length |= byte(8 + i) << (8 * i);
  if (length > file.size() - header.data_at) return Malformed("the file ends in it");
  HASTEN_TRY(DictReader(file.substr(header.data_at, length)).Read(&header));
  header.data_at += length;
  return header;
}

std::string WriteNpyHeader(std::string_view descr, const Dims& dims) {
  std::string shape = Join(dims, ", ");
  if (dims.rank() == 1) shape += ",";
  std::string dict = Str("{'descr': '", descr, "', 'fortran_order': False, 'shape': (", shape, "), }");
  const size_t before = kMagic.size() + 4;
  dict.resize((before + dict.size() + 1 + kAlign - 1) / kAlign * kAlign - before - 1, ' ');
  dict += '\n';
  std::string out(kMagic);
  out += {'\x01', '\x00', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8)};
  return out + dict;
}

}  // namespace hasten::cli
