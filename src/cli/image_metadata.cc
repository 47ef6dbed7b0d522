#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include "cli/image_recipe.h"

namespace hasten::cli {
namespace {

using Json = rapidjson::Value;

Status Wrong(std::string_view key, std::string_view must) {
  return Status(Code::kInvalidModel, Str(Quote(key), " must be ", must));
}

Status ReadText(const Json& v, std::string_view key, std::optional<std::string>* out) {
  if (!v.IsString()) return Wrong(key, "text");
  *out = std::string(v.GetString(), v.GetStringLength());
  return {};
}

Status ReadNumbers(const Json& v, std::string_view key, std::optional<std::vector<double>>* out) {
  std::vector<double> numbers;
  if (v.IsNumber()) numbers.push_back(v.GetDouble());
  if (v.IsArray()) {
    for (const Json& n : v.GetArray()) {
      if (!n.IsNumber()) return Wrong(key, "a list of numbers");
      numbers.push_back(n.GetDouble());
    }
  }
  if (numbers.empty()) return Wrong(key, "a number or a list of numbers");
  *out = std::move(numbers);
  return {};
}

Status ReadScale(const Json& v, std::optional<double>* out) {
  if (v.IsNumber()) {
    *out = v.GetDouble();
    return {};
  }
  if (!v.IsString()) return Wrong("scale", "a number, or a fraction such as \"1/255\"");
  HASTEN_ASSIGN(*out, ParseScale(std::string_view(v.GetString(), v.GetStringLength())));
  return {};
}

Status ReadSetting(std::string_view key, const Json& v, ImageSettings* settings) {
  if (key == "color") return ReadText(v, key, &settings->color);
  if (key == "resize") return ReadText(v, key, &settings->resize);
  if (key == "layout") return ReadText(v, key, &settings->layout);
  if (key == "crop") return ReadText(v, key, &settings->crop);
  if (key == "resize_to") {
    if (!v.IsInt64() || v.GetInt64() < 1) return Wrong(key, "a number of pixels");
    settings->resize_to = v.GetInt64();
    return {};
  }
  if (key == "scale") return ReadScale(v, &settings->scale);
  if (key == "mean") return ReadNumbers(v, key, &settings->mean);
  if (key == "std") return ReadNumbers(v, key, &settings->deviation);
  return Status(Code::kInvalidModel, Str("unknown key ", Quote(key),
                                         "; known are color, resize, layout, crop, resize_to, scale, mean, std"));
}

}  // namespace

Result<ImageSettings> ParseImageMetadata(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError())
    return Status(Code::kInvalidModel, Str("no JSON at byte ", document.GetErrorOffset(), ": ",
                                           rapidjson::GetParseError_En(document.GetParseError())));
  if (!document.IsObject()) return Status(Code::kInvalidModel, "must be a JSON object");
  ImageSettings settings;
  for (const auto& member : document.GetObject())
    HASTEN_TRY(ReadSetting({member.name.GetString(), member.name.GetStringLength()}, member.value, &settings));
  return settings;
}

}  // namespace hasten::cli
