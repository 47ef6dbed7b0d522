#include "plan/measure.h"

#include <fstream>

#include "base/cores.h"
#include "base/mapped_file.h"
#include "kernels/cpu/gemm_tile.h"
#include "kernels/invocation.h"

namespace hasten {
namespace {

constexpr int64_t kLarge = 4 << 20;
constexpr uintptr_t kAligned = 64;

std::string ValueText(const AttrValue& value) {
  std::string out;
  const auto list = [&](const auto& v) {
    for (const auto& e : v) out += Str(e, ",");
  };
  std::visit(
      [&](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, float> || std::is_same_v<T, std::string>) {
          out = Str(v);
        } else if constexpr (std::is_same_v<T, std::vector<int64_t>> || std::is_same_v<T, std::vector<float>> ||
                             std::is_same_v<T, std::vector<std::string>>) {
          list(v);
        }
      },
      value);
  return out;
}

std::string KeyOf(const Candidate& c, const StepFacts& facts, int threads) {
  const Node& node = *facts.call.node;
  std::string key = Str(MachineFingerprint(), " threads ", threads, " | ", c.tactic->name, " ", c.variant, " ",
                        Name(c.layout), " | ", OpName(node));
  for (const NamedAttr& a : node.attrs.NonDefault())
    if (const std::string text = ValueText(a.value); !text.empty()) key += Str(" ", a.name, "=", text);
  for (const auto* list : {&facts.real_in, &facts.real_out, &facts.real_epilogue}) {
    key += " |";
    for (const Type& t : *list) key += Str(" ", t.Text());
  }
  for (size_t i = 0; i < facts.constants.size(); ++i) key += facts.constants[i] ? 'c' : '-';
  if (!node.epilogue.empty()) key += Str(" | ", node.epilogue.Text());
  std::replace(key.begin(), key.end(), '\n', ' ');
  std::replace(key.begin(), key.end(), '\t', ' ');
  return key;
}

// Made-up contents: floats in [-1, 1), integers 0, which is a valid index everywhere.
Result<Tensor> Contents(const Type& type) {
  HASTEN_ASSIGN(Tensor t, NewTensor(type.dtype, *type.shape.Concrete()));
  if (type.dtype != DType::kF32) return t;
  uint32_t state = 1;
  for (int64_t i = 0; i < t.elements(); ++i) {
    state = state * 1664525u + 1013904223u;
    t.as<float>()[i] = static_cast<float>(static_cast<int32_t>(state)) * 0x1p-31f;
  }
  return t;
}

// A constant for a run.  What was packed is read no more, and a zeroed tensor that nobody touches takes no memory.
Result<Tensor> Operand(const Tensor& constant, bool packed) {
  if (reinterpret_cast<uintptr_t>(constant.data) % kAligned == 0) return constant;
  return packed ? NewTensor(constant.dtype, constant.dims) : Clone(constant);
}

struct Operands {
  std::vector<Value> values;
  std::vector<const Value*> in, epilogue;
  std::vector<Value*> out;

  // `packs` as Tactic has it.
  Status Make(const StepFacts& f, uint32_t packs) {
    values.reserve(f.real_in.size() + f.real_epilogue.size() + f.real_out.size());
    const auto made = [&](const Type& type) -> Result<Value*> {
      if (!type.is_tensor()) return nullptr;
      HASTEN_ASSIGN(Tensor t, Contents(type));
      return &values.emplace_back(std::move(t));
    };
    for (size_t i = 0; i < f.real_in.size(); ++i) {
      if (f.constants[i]) {
        HASTEN_ASSIGN(Tensor constant, Operand(*f.constants[i], i < 32 && (packs >> i & 1)));
        in.push_back(&values.emplace_back(std::move(constant)));
        continue;
      }
      HASTEN_ASSIGN(Value * v, made(f.real_in[i]));
      in.push_back(v);
    }
    for (const Type& t : f.real_epilogue) {
      HASTEN_ASSIGN(Value * v, made(t));
      epilogue.push_back(v);
    }
    for (const Type& t : f.real_out) {
      HASTEN_ASSIGN(Value * v, made(t));
      out.push_back(v);
    }
    return {};
  }
};

std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0 && line.find(':') != std::string::npos) return line.substr(line.find(':') + 2);
  return "cpu";
}

}  // namespace

std::string MachineFingerprint() {
  static const std::string fingerprint = Str("1 ", CpuName(), " ", cpu::BestTileKernels().name, " ", UsableCores());
  return fingerprint;
}

std::optional<double> Timer::Time(const Candidate& candidate, const StepFacts& facts) {
  const std::string key = KeyOf(candidate, facts, pool_ ? pool_->threads() : 1);
  if (const std::optional<double> known = cache_->Find(key)) {
    if (*known > 0) return *known;
    if (!finishes_) return std::nullopt;
  }
  if (exhausted()) {
    cache_->Add(key, 0);
    return std::nullopt;
  }
  const auto start = std::chrono::steady_clock::now();
  const Result<double> time = Measure(candidate, facts);
  for (const Tensor* constant : facts.constants)  // packing read them; their pages come again when they are wanted
    if (constant && constant->bytes() >= kLarge)
      MappedFile::GiveBack(constant->data, static_cast<size_t>(constant->bytes()));
  left_ -= std::chrono::steady_clock::now() - start;
  if (!time.ok()) return std::nullopt;
  ++measured_;
  cache_->Add(key, *time);
  return *time;
}

Result<double> Timer::Measure(const Candidate& candidate, const StepFacts& facts) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kEnough = std::chrono::milliseconds(4), kMost = std::chrono::milliseconds(60);
  constexpr int kLeast = 3, kLimit = 200;
  Operands operands;
  HASTEN_TRY(operands.Make(facts, candidate.tactic->packs));
  HASTEN_ASSIGN(Invocation invocation, Invocation::Of(*candidate.tactic, facts.call));
  HASTEN_TRY(invocation.Bind(facts.real_in, facts.real_out, facts.real_epilogue));
  double best = 1e300;
  const auto begin = Clock::now();
  for (int run = 0; run < kLimit; ++run) {
    const auto start = Clock::now();
    HASTEN_TRY(invocation.Run(operands.in, operands.epilogue, operands.out, pool_));
    const auto end = Clock::now();
    if (run > 0) best = std::min(best, std::chrono::duration<double, std::nano>(end - start).count());
    if (run >= 1 && end - begin > kMost) break;
    if (run >= kLeast && end - begin > kEnough) break;
  }
  return best;
}

}  // namespace hasten
