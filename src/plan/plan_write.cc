#include <map>

#include "base/mapped_file.h"
#include "base/version.h"
#include "ir/lexer.h"
#include "ir/text.h"
#include "plan/measure.h"
#include "plan/plan_file.h"
#include "plan/plan_text.h"

namespace hasten {
namespace {

constexpr int64_t kLeastStored = 65;  // elements: shorter constants are in the graph's text

// Tensors of one section, one after the other.
class TensorPieces {
 public:
  // The offset it will lie at.
  uint64_t Add(const Tensor& t) {
    const auto bytes = static_cast<uint64_t>(t.bytes());
    const uint64_t at = bytes_;
    pieces_.emplace_back(reinterpret_cast<const char*>(t.data), bytes);
    bytes_ += (bytes + kSectionAlign - 1) / kSectionAlign * kSectionAlign;
    return at;
  }
  const std::vector<std::string_view>& pieces() const { return pieces_; }

 private:
  std::vector<std::string_view> pieces_;
  uint64_t bytes_ = 0;
};

// The texts of a plan and what they point at.
class Writer {
 public:
  explicit Writer(const Plan& plan) : plan_(plan) {
    graph_ = Print(*plan.model, [this](const Constant& c) { return Number(c); });
    Settings();
    Steps();
    Record();
    file_ = LayOutSections({{.name = "settings", .pieces = {settings_}},
                            {.name = "graph", .pieces = {graph_}},
                            {.name = "tensors", .pieces = {tensors_}},
                            {.name = "steps", .pieces = {steps_}},
                            {.name = "record", .pieces = {record_}},
                            {.name = "weights", .pieces = weights_.pieces()},
                            {.name = "packed", .pieces = packed_.pieces()}},
                           &head_);
  }
  const std::vector<std::string_view>& file() const { return file_; }

 private:
  template <class... Parts>
  static void Line(std::string* out, const Parts&... parts) {
    *out += Str(parts..., "\n");
  }

  std::optional<uint64_t> Number(const Constant& c) {
    const Tensor& t = c.tensor;
    if (t.dtype == DType::kString || t.elements() < kLeastStored) return std::nullopt;
    const auto [known, fresh] = numbers_.try_emplace({t.data, t.bytes()}, numbers_.size());
    if (fresh) Line(&tensors_, "tensor ", weights_.Add(t), " ", t.bytes());
    return known->second;
  }

  void Settings() {
    const PlanSettings& s = plan_.settings;
    Line(&settings_, "hasten ", Quote(LibraryVersion()));
    Line(&settings_, "machine ", Quote(MachineFingerprint()));
    Line(&settings_, "threads ", s.threads);
    Line(&settings_, "level ", s.level);
    Line(&settings_, "numerics ", NumericsName(s.numerics));
    if (s.references_only) Line(&settings_, "references_only");
    for (const auto& [name, dims] : s.shapes) Line(&settings_, "shape ", Quote(name), " ", dims);
    for (const StateBinding& b : plan_.states)
      Line(&settings_, "state ", Quote(b.input), " ", Quote(b.output), " ", b.axis, " ", b.capacity, " ",
           StateKindName(b.kind));
  }

  void Steps() {
    for (const Choice& c : plan_.choices) {
      Line(&steps_, "step ", Quote(c.where), " ", c.key,
           c.tactic ? Str(" ", Quote(c.tactic->name), " ", c.variant, " ", LayoutName(c.layout)) : "");
    }
    for (const PlannedValue& v : plan_.values)
      if (v.packed_from != kNone) Line(&steps_, "packed ", v.constant, " ", packed_.Add(v.constant));
  }

  void Record() {
    for (const std::string& note : plan_.notes) Line(&record_, "note ", Quote(note));
    Line(&record_, "timed ", plan_.timed);
    for (const Decision& d : plan_.decisions) {
      Line(&record_, "decision ", d.step, " ", Quote(d.where));
      for (const Decision::Option& o : d.options) {
        std::string ns;
        AppendExact(&ns, o.nanoseconds);
        Line(&record_, "option ", Quote(o.name), " ", ns, o.measured ? " measured" : "", o.picked ? " picked" : "");
      }
    }
  }

  const Plan& plan_;
  std::map<std::pair<const std::byte*, int64_t>, uint64_t> numbers_;
  TensorPieces weights_, packed_;
  std::string head_, settings_, graph_, tensors_, steps_, record_;
  std::vector<std::string_view> file_;
};

}  // namespace

Status SavePlan(const Plan& plan, const std::string& path) { return WriteFile(path, Writer(plan).file()); }

std::string PlanBytes(const Plan& plan) {
  const Writer writer(plan);
  std::string out;
  for (std::string_view piece : writer.file()) out += piece;
  return out;
}

}  // namespace hasten
