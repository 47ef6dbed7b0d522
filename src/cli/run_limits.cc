#include "cli/run_limits.h"

#include <charconv>
#include <filesystem>
#include <set>

namespace hasten::cli {
namespace {

// Memory of a tensor that is given back to a budget.
struct Charged {
  Charged(std::shared_ptr<std::atomic<int64_t>> from, int64_t n) : left(std::move(from)), bytes(n) {}
  ~Charged() { *left += bytes; }
  Charged(const Charged&) = delete;
  Charged& operator=(const Charged&) = delete;
  std::shared_ptr<const void> memory;
  std::shared_ptr<std::atomic<int64_t>> left;
  int64_t bytes;
};

// As the plan has them, packed or not.
int64_t WeightBytes(const Plan& plan) {
  std::set<const std::byte*> seen;
  int64_t bytes = 0;
  for (const PlannedValue& v : plan.values)
    if (v.storage == Storage::kConstant && v.constant.data && seen.insert(v.constant.data).second)
      bytes += v.constant.bytes();
  return bytes;
}

int64_t BytesOf(const Value& v) {
  if (v.is_tensor()) return v.tensor().bytes();
  int64_t bytes = 0;
  if (v.kind() == Value::Kind::kSequence)
    for (const Value& element : v.elements()) bytes += BytesOf(element);
  if (v.kind() == Value::Kind::kMap) bytes = v.map().keys.bytes() + v.map().values.bytes();
  return bytes;
}

}  // namespace

Result<int64_t> ParseBytes(std::string_view text) {
  constexpr std::string_view kUnits = "kmgt";
  const auto wrong = [&] {
    return Status(Code::kInvalidArgument,
                  Str("'", text, "' must be a number of bytes, as in 1000000, 512k, 64m or 2g"));
  };
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return wrong();
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (unit.empty()) return number;
  const size_t power = kUnits.find(static_cast<char>(std::tolower(static_cast<uint8_t>(unit[0]))));
  if (unit.size() != 1 || power == std::string_view::npos) return wrong();
  const int shift = 10 * (static_cast<int>(power) + 1);
  if (number > std::numeric_limits<int64_t>::max() >> shift) return wrong();
  return number << shift;
}

Result<Tensor> LimitedAllocator::Allocate(DType dtype, const Dims& dims) {
  HASTEN_ASSIGN(const int64_t elements, CheckedElements(dims));
  constexpr int64_t kSane = int64_t{1} << 56;  // elements whose bytes can be counted
  const int64_t bytes = elements < kSane ? BytesFor(dtype, elements) : limit_;
  if (const int64_t before = left_->fetch_sub(bytes); before < bytes || elements >= kSane) {
    *left_ += bytes;
    return Status(Code::kOutOfMemory,
                  Str("outputs would take more than the ", limit_, " bytes that --max-memory leaves"));
  }
  const auto charged = std::make_shared<Charged>(left_, bytes);
  HASTEN_ASSIGN(Tensor t, NewTensor(dtype, dims));
  charged->memory = std::move(t.owner);
  t.owner = charged;
  return t;
}

Result<std::unique_ptr<Allocator>> OutputMemory(std::optional<int64_t> limit, Session* session,
                                                std::span<const Value> inputs) {
  if (!limit) return std::unique_ptr<Allocator>();
  const std::string option = Str("--max-memory ", *limit);
  const int64_t weights = WeightBytes(*session->plan());
  int64_t given = 0;
  for (const Value& v : inputs) given += BytesOf(v);
  HASTEN_ASSIGN(const int64_t between, session->executor().ArenaBytesFor(inputs).At(option));
  if (weights + given + between > *limit)
    return Status(Code::kOutOfMemory, Str(option, ": weights take ", weights, " bytes, inputs ", given,
                                          ", values between nodes ", between));
  return std::unique_ptr<Allocator>(std::make_unique<LimitedAllocator>(*limit - weights - given - between));
}

Status CheckFileFits(std::optional<int64_t> limit, const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!limit || error || size <= static_cast<uintmax_t>(*limit)) return {};
  return Status(Code::kOutOfMemory, Str(path, ": --max-memory ", *limit, ": the file alone has ", size, " bytes"));
}

std::optional<std::chrono::steady_clock::time_point> DeadlineIn(std::optional<double> seconds) {
  if (!seconds) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  return now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(*seconds));
}

}  // namespace hasten::cli
