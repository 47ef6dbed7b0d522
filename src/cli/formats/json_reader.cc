#include "cli/formats/json_reader.h"

#include <rapidjson/error/en.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace hasten::cli {
namespace {

using Json = rapidjson::Value;

// Values as they end, those of an array or object that is still open above it.  Numbers come as text and are read here:
// RapidJSON 1.1 shifts by an undefined amount where it reads 0e5 exactly.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  explicit Builder(rapidjson::Document* document) : allocator_(document->GetAllocator()) {}

  bool Null() { return Push(Json()); }
  bool Bool(bool b) { return Push(Json(b)); }
  bool String(const char* text, rapidjson::SizeType length, bool) { return Push(Json(text, length, allocator_)); }
  bool Key(const char* text, rapidjson::SizeType length, bool copy) { return String(text, length, copy); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (const auto whole = Whole<int64_t>({text, length})) return Push(Json(*whole));
    if (const auto whole = Whole<uint64_t>({text, length})) return Push(Json(*whole));
    double nearest = 0;
    if (std::from_chars(text, text + length, nearest).ec == std::errc::result_out_of_range) {
      nearest = std::strtod(std::string(text, length).c_str(), nullptr);  // tells too small from too large
      too_large_ = std::isinf(nearest);
    }
    return !too_large_ && Push(Json(nearest));
  }
  bool StartArray() { return true; }
  bool StartObject() { return true; }
  bool EndArray(rapidjson::SizeType count) {
    Json array(rapidjson::kArrayType);
    array.Reserve(count, allocator_);
    for (size_t i = open_.size() - count; i < open_.size(); ++i) array.PushBack(open_[i], allocator_);
    return Close(count, std::move(array));
  }
  bool EndObject(rapidjson::SizeType count) {
    Json object(rapidjson::kObjectType);
    for (size_t i = open_.size() - 2 * size_t{count}; i < open_.size(); i += 2)
      object.AddMember(open_[i], open_[i + 1], allocator_);
    return Close(2 * size_t{count}, std::move(object));
  }

  bool too_large() const { return too_large_; }
  Json& root() { return open_.front(); }

 private:
  template <class T>
  static std::optional<T> Whole(std::string_view text) {
    T value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }
  bool Push(Json value) {
    open_.push_back(std::move(value));
    return true;
  }
  bool Close(size_t count, Json value) {
    open_.resize(open_.size() - count);
    return Push(std::move(value));
  }

  rapidjson::Document::AllocatorType& allocator_;
  std::vector<Json> open_;
  bool too_large_ = false;
};

}  // namespace

Status ReadJson(std::string_view text, rapidjson::Document* document) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNanAndInfFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  Builder builder(document);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (result.IsError())
    return Status(Code::kDataLoss, Str("no JSON at byte ", result.Offset(), ": ",
                                       builder.too_large() ? "Number too big to be stored in double."
                                                           : rapidjson::GetParseError_En(result.Code())));
  static_cast<Json*>(document)->Swap(builder.root());
  return {};
}

}  // namespace hasten::cli
