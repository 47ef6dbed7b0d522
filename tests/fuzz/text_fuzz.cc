// Any bytes as a model's text: an error, or a model that verifies and whose text is canonical.
#include "ir/compare.h"
#include "ops/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hasten;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const TextLimits limits = {.generated_bytes = int64_t{1} << 20};
  auto model = ParseText(text, Catalog::BuiltIn(), limits);
  if (!model.ok()) return 0;
  HASTEN_CHECK(Verify((**model).graph).ok());
  const std::string printed = Print(**model);
  auto back = ParseText(printed, Catalog::BuiltIn(), limits);
  HASTEN_CHECK(back.ok());
  HASTEN_CHECK(SameModel(**model, **back));
  HASTEN_CHECK(Print(**back) == printed);
  return 0;
}
