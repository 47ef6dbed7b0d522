#include "ir/pointwise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "ir/lexer.h"

namespace hasten {
namespace {

struct OpInfo {
  std::string_view name;
  int arity;
  bool alpha = false, beta = false;  // used by the op
};

constexpr OpInfo kOps[] = {
    {"add", 2},
    {"sub", 2},
    {"mul", 2},
    {"div", 2},
    {"min", 2},
    {"max", 2},
    {"pow", 2},
    {"neg", 1},
    {"abs", 1},
    {"sqrt", 1},
    {"exp", 1},
    {"log", 1},
    {"erf", 1},
    {"tanh", 1},
    {"sigmoid", 1},
    {"relu", 1},
    {"leaky_relu", 1, true},
    {"clip", 1, true, true},
    {"hard_sigmoid", 1, true, true},
    {"gelu", 1},
    {"const", 0, true},
    {"reciprocal", 1},
    {"floor", 1},
    {"ceil", 1},
    {"round", 1},
    {"sign", 1},
    {"sin", 1},
    {"cos", 1},
    {"softplus", 1},
    {"elu", 1, true},
    {"hard_swish", 1},
    {"mish", 1},
    {"gelu_tanh", 1},
    {"swish", 1, true},
    {"prelu", 2},
};
static_assert(std::size(kOps) == static_cast<size_t>(kLastPointwiseOp) + 1);
constexpr int kMaxRegisters = 1 << 16;  // numbers of registers have 16 bits

const OpInfo& InfoOf(PointwiseOp op) { return kOps[static_cast<size_t>(op)]; }

std::optional<PointwiseOp> OpFromName(std::string_view name) {
  const auto* const it =
      std::find_if(std::begin(kOps), std::end(kOps), [&](const OpInfo& i) { return i.name == name; });
  return it == std::end(kOps) ? std::nullopt : std::optional(static_cast<PointwiseOp>(it - std::begin(kOps)));
}

void AppendInstr(std::string* out, const PointwiseInstr& instr) {
  const OpInfo& info = InfoOf(instr.op);
  *out += Str(info.name, "(");
  std::string_view comma = "";
  const auto reg = [&](uint16_t r) { *out += Str(std::exchange(comma, ","), r); };
  if (info.arity > 0) reg(instr.a);
  if (info.arity > 1) reg(instr.b);
  const auto constant = [&](std::string_view name, float v, bool used) {
    if (!used && std::bit_cast<uint32_t>(v) == 0) return;
    *out += Str(std::exchange(comma, ","), name, "=");
    AppendExact(out, v);
  };
  constant("alpha", instr.alpha, info.alpha);
  constant("beta", instr.beta, info.beta);
  *out += ')';
}

Result<uint16_t> TakeRegister(Lexer* lex, int registers) {
  const size_t at = lex->peek().at;
  HASTEN_ASSIGN(const int64_t v, lex->Int("a register"));
  if (v < 0 || v >= registers) return lex->ErrorAt(at, Str("expected a register below ", registers, ", found ", v));
  return static_cast<uint16_t>(v);
}

// Precondition: fewer than kMaxRegisters registers are in use.
Result<PointwiseInstr> TakeInstr(Lexer* lex, int registers) {
  const auto op = lex->At(Token::Kind::kWord) ? OpFromName(lex->peek().text) : std::nullopt;
  if (!op) return lex->Expected("a pointwise instruction");
  lex->Next();
  PointwiseInstr instr{*op};
  HASTEN_TRY(lex->Expect('('));
  if (Arity(*op) > 0) {
    HASTEN_ASSIGN(instr.a, TakeRegister(lex, registers));
  }
  if (Arity(*op) > 1) {
    HASTEN_TRY(lex->Expect(','));
    HASTEN_ASSIGN(instr.b, TakeRegister(lex, registers));
  }
  bool more = Arity(*op) == 0 ? !lex->At(')') : lex->Take(',');
  for (; more; more = lex->Take(',')) {
    const bool alpha = lex->At("alpha");
    if (!alpha && !lex->At("beta")) return lex->Expected("'alpha' or 'beta'");
    lex->Next();
    HASTEN_TRY(lex->Expect('='));
    HASTEN_ASSIGN((alpha ? instr.alpha : instr.beta), lex->Float("a number"));
  }
  HASTEN_TRY(lex->Expect(')'));
  return instr;
}

// NaN wins, as in numpy.minimum and ONNX's Min.
double Lesser(double a, double b) { return std::isnan(a) || a < b ? a : b; }
double Greater(double a, double b) { return std::isnan(a) || a > b ? a : b; }

double Softplus(double a) { return Greater(a, 0) + std::log1p(std::exp(-std::abs(a))); }

// a / 2 * (1 + tanh(u)) without the cancellation at negative u.
double GeluTanh(double a) {
  constexpr double kSqrt2OverPi = 0.79788456080286535588;
  return a == -HUGE_VAL ? -0.0 : a / (1 + std::exp(-2 * kSqrt2OverPi * (a + 0.044715 * a * a * a)));
}

double Eval(const PointwiseInstr& instr, double a, double b) {
  const double alpha = instr.alpha, beta = instr.beta;
  switch (instr.op) {
    case PointwiseOp::kAdd: return a + b;
    case PointwiseOp::kSub: return a - b;
    case PointwiseOp::kMul: return a * b;
    case PointwiseOp::kDiv: return a / b;
    case PointwiseOp::kMin: return Lesser(a, b);
    case PointwiseOp::kMax: return Greater(a, b);
    case PointwiseOp::kPow: return std::pow(a, b);
    case PointwiseOp::kNeg: return -a;
    case PointwiseOp::kAbs: return std::abs(a);
    case PointwiseOp::kSqrt: return std::sqrt(a);
    case PointwiseOp::kExp: return std::exp(a);
    case PointwiseOp::kLog: return std::log(a);
    case PointwiseOp::kErf: return std::erf(a);
    case PointwiseOp::kTanh: return std::tanh(a);
    case PointwiseOp::kSigmoid: return 1 / (1 + std::exp(-a));
    case PointwiseOp::kRelu: return a < 0 ? 0 : a;
    case PointwiseOp::kLeakyRelu: return a < 0 ? alpha * a : a;
    case PointwiseOp::kClip: return Lesser(Greater(a, alpha), beta);
    case PointwiseOp::kHardSigmoid: return Lesser(Greater(alpha * a + beta, 0), 1);
    // a / 2 * (1 + erf(a / sqrt 2)) without the cancellation at negative a.
    case PointwiseOp::kGelu: return a == -HUGE_VAL ? -0.0 : a / 2 * std::erfc(-a * M_SQRT1_2);
    case PointwiseOp::kConst: return alpha;
    case PointwiseOp::kReciprocal: return 1 / a;
    case PointwiseOp::kFloor: return std::floor(a);
    case PointwiseOp::kCeil: return std::ceil(a);
    case PointwiseOp::kRound: return std::nearbyint(a);
    case PointwiseOp::kSign: return a > 0 ? 1 : a < 0 ? -1 : a;
    case PointwiseOp::kSin: return std::sin(a);
    case PointwiseOp::kCos: return std::cos(a);
    case PointwiseOp::kSoftplus: return Softplus(a);
    case PointwiseOp::kElu: return a < 0 ? alpha * std::expm1(a) : a;
    case PointwiseOp::kHardSwish: return a * Lesser(Greater(a / 6 + 0.5, 0), 1);
    case PointwiseOp::kMish: return a * std::tanh(Softplus(a));
    case PointwiseOp::kGeluTanh: return GeluTanh(a);
    case PointwiseOp::kSwish: return a / (1 + std::exp(-alpha * a));
    case PointwiseOp::kPRelu: return a < 0 ? a * b : a;
  }
  return 0;
}

constexpr int64_t kTile = 256;

// Reads elements of one operand as if broadcast to y's dims.
struct BroadcastReader {
  const Tensor* operand;
  Dims strides;

  // `count` elements from `begin` (an index in y), which lie in one row of y.
  void Read(const Dims& y, int64_t begin, std::span<double> out) const {
    int64_t at = 0, rest = begin;
    for (size_t i = y.size(); i-- > 0;) {
      at += rest % y[i] * strides[i];
      rest /= y[i];
    }
    if (!y.empty() && strides.back() == 0)
      std::fill(out.begin(), out.end(), operand->Double(at));
    else
      ReadDoubles(*operand, at, out);
  }
};

Status CheckOperands(const PointwiseProgram& program, const Tensor& y, std::span<const Tensor* const> operands) {
  HASTEN_TRY(VerifyProgram(program));
  HASTEN_REQUIRE(operands.size() + 1 == static_cast<size_t>(program.operands), "a pointwise program of ",
                 program.operands, " operands got ", operands.size() + 1);
  HASTEN_REQUIRE(IsFloat(y.dtype), "a pointwise program computes floats, not ", y);
  for (const Tensor* t : operands) {
    HASTEN_REQUIRE(IsFloat(t->dtype), "operands of pointwise programs must be floats, one is ", *t);
    HASTEN_ASSIGN(const Dims dims, BroadcastDims(t->dims, y.dims));
    HASTEN_REQUIRE(dims == y.dims, "operand ", *t, " must broadcast to ", y);
  }
  return {};
}

}  // namespace

std::string_view Name(PointwiseOp op) { return InfoOf(op).name; }
int Arity(PointwiseOp op) { return InfoOf(op).arity; }

std::string PointwiseProgram::Text() const {
  std::string out;
  for (const PointwiseInstr& instr : instrs) {
    if (!out.empty()) out += "; ";
    AppendInstr(&out, instr);
  }
  return out;
}

Result<PointwiseProgram> PointwiseProgram::Parse(int operands, std::string_view text) {
  HASTEN_REQUIRE(operands >= 1 && operands < kMaxRegisters, "a pointwise program must have 1 to ", kMaxRegisters - 1,
                 " operands, has ", operands);
  PointwiseProgram program{operands, {}};
  Lexer lex(text);
  for (int registers = operands; !lex.At(Token::Kind::kEnd); ++registers) {
    if (registers > operands) HASTEN_TRY(lex.Expect(';'));
    if (registers >= kMaxRegisters) return lex.Expected("no more instructions");
    HASTEN_ASSIGN(PointwiseInstr instr, TakeInstr(&lex, registers));
    program.instrs.push_back(instr);
  }
  return program;
}

Status VerifyProgram(const PointwiseProgram& program) {
  HASTEN_REQUIRE(
      program.operands >= 1 && program.instrs.size() + static_cast<size_t>(program.operands) <= kMaxRegisters,
      "a pointwise program must have 1 to ", kMaxRegisters, " registers");
  size_t registers = static_cast<size_t>(program.operands);
  for (const PointwiseInstr& instr : program.instrs) {
    HASTEN_REQUIRE(static_cast<size_t>(instr.op) < std::size(kOps), "a pointwise instruction has no op");
    const int arity = Arity(instr.op);
    HASTEN_REQUIRE((arity < 1 || instr.a < registers) && (arity < 2 || instr.b < registers), "instruction ",
                   registers - static_cast<size_t>(program.operands),
                   " of a pointwise program reads a register that is not yet written");
    ++registers;
  }
  return {};
}

double EvalPointwise(const PointwiseProgram& program, std::span<const double> operands, std::span<double> registers) {
  std::copy(operands.begin(), operands.end(), registers.begin());
  size_t next = operands.size();
  for (const PointwiseInstr& instr : program.instrs) {
    const int arity = InfoOf(instr.op).arity;
    registers[next] = Eval(instr, arity > 0 ? registers[instr.a] : 0, arity > 1 ? registers[instr.b] : 0);
    ++next;
  }
  return program.empty() ? operands[0] : registers[next - 1];
}

Status ApplyPointwise(const PointwiseProgram& program, Tensor* y, std::span<const Tensor* const> operands) {
  HASTEN_TRY(CheckOperands(program, *y, operands));
  if (program.empty() || y->elements() == 0) return {};
  std::vector<BroadcastReader> readers = {{y, StridesOf(y->dims)}};
  for (const Tensor* t : operands) readers.push_back({t, BroadcastStrides(t->dims, y->dims)});
  const size_t n = readers.size();
  std::vector<double> tiles(n * kTile), element(n), registers(n + program.instrs.size());
  std::array<double, kTile> result;
  const int64_t row = y->dims.empty() ? 1 : y->dims.back();
  for (int64_t begin = 0; begin < y->elements();) {
    const auto count = static_cast<size_t>(std::min(kTile, row - begin % row));
    for (size_t k = 0; k < n; ++k) readers[k].Read(y->dims, begin, std::span(&tiles[k * kTile], count));
    for (size_t i = 0; i < count; ++i) {
      for (size_t k = 0; k < n; ++k) element[k] = tiles[k * kTile + i];
      result[i] = EvalPointwise(program, element, registers);
    }
    WriteDoubles(y, begin, std::span<const double>(result.data(), count));
    begin += static_cast<int64_t>(count);
  }
  return {};
}

}  // namespace hasten
