#include <algorithm>

#include "base/mapped_file.h"
#include "base/version.h"
#include "ir/literal.h"
#include "ops/infer.h"
#include "ops/text.h"
#include "plan/measure.h"
#include "plan/plan_file.h"
#include "plan/plan_text.h"

namespace hasten {
namespace {

constexpr int64_t kMostThreads = 1024;
constexpr uint32_t kSectionVersion = 1;

std::string SectionName(std::string_view name) { return Str("section ", Quote(name)); }

Result<int64_t> IntWithin(Lexer* lex, std::string_view what, int64_t least, int64_t most) {
  const size_t at = lex->peek().at;
  HASTEN_ASSIGN(const int64_t v, lex->Int(what));
  if (v < least || v > most)
    return lex->ErrorAt(at, Str("expected ", what, " in [", least, ", ", most, "], found ", v));
  return v;
}

Result<size_t> OneOfWords(Lexer* lex, std::span<const std::string_view> words) {
  for (size_t i = 0; i < words.size(); ++i)
    if (lex->Take(words[i])) return i;
  return lex->Expected(Str("one of ", Join(words, ", ")));
}

Status Ended(const Lexer& lex, std::string_view what) {
  return lex.At(Token::Kind::kEnd) ? Status() : lex.Expected(what);
}

Status TakeShape(Lexer* lex, ShapeHints* shapes) {
  HASTEN_ASSIGN(const std::string name, lex->String("an input's name in quotes"));
  HASTEN_ASSIGN(const std::string_view text, lex->Bracketed());
  Lexer list(text);
  Dims dims;
  for (bool more = !list.At(Token::Kind::kEnd); more; more = list.Take(',')) {
    if (dims.rank() == Dims::kMaxRank) return lex->Expected("fewer dims");
    HASTEN_ASSIGN(const int64_t d, IntWithin(&list, "a dim", 0, std::numeric_limits<int64_t>::max()));
    dims.push_back(d);
  }
  HASTEN_TRY(Ended(list, "',' or ']'"));
  HASTEN_TRY(CheckedElements(dims).ok() ? Status() : lex->Expected("dims of fewer elements"));
  (*shapes)[name] = dims;
  return {};
}

Result<StateBinding> TakeState(Lexer* lex) {
  StateBinding b;
  HASTEN_ASSIGN(b.input, lex->String("an input's name in quotes"));
  HASTEN_ASSIGN(b.output, lex->String("an output's name in quotes"));
  HASTEN_ASSIGN(const int64_t axis, IntWithin(lex, "an axis", 0, Dims::kMaxRank - 1));
  b.axis = static_cast<int>(axis);
  HASTEN_ASSIGN(b.capacity, IntWithin(lex, "a capacity", 0, std::numeric_limits<int64_t>::max()));
  HASTEN_ASSIGN(const size_t kind, OneOfWords(lex, kStateKindNames));
  b.kind = static_cast<StateBinding::Kind>(kind);
  return b;
}

// Constants say themselves what they are.
void TypeConstants(Graph* graph) {
  for (ValueId v = 0; v < graph->value_slots(); ++v) {
    GraphValue& value = graph->value(v);
    const bool input = std::count(graph->inputs.begin(), graph->inputs.end(), v) > 0;
    if (value.constant && !input) value.type = Type::Tensor(value.constant->tensor.dtype, value.constant->tensor.dims);
  }
  for (NodeId n = graph->first(); n != kNone; n = graph->node(n).next)
    for (const GraphPtr& body : graph->node(n).attrs.Graphs()) TypeConstants(body.get());
}

const Tactic* FindTactic(const PlanOptions& options, std::string_view name) {
  for (const auto& list : {options.tactics, BuiltInTactics()})
    for (const Tactic* t : list)
      if (t->name == name) return t;
  return nullptr;
}

Status TakeChoice(Lexer* lex, const PlanOptions& options, Choice* choice) {
  HASTEN_ASSIGN(choice->where, lex->String("the node's path in quotes"));
  HASTEN_ASSIGN(choice->key, lex->Uint("the key of random draws"));
  if (!lex->At(Token::Kind::kString)) return {};
  HASTEN_ASSIGN(const std::string name, lex->String("a tactic's name in quotes"));
  HASTEN_ASSIGN(const int64_t variant, IntWithin(lex, "a variant", 0, std::numeric_limits<int>::max()));
  HASTEN_ASSIGN(const size_t layout, OneOfWords(lex, kLayoutNames));
  choice->tactic = FindTactic(options, name);
  choice->variant = static_cast<int>(variant);
  choice->layout = static_cast<Layout>(layout);
  if (choice->tactic) return {};
  return Status(Code::kUnsupported, Str("tactic ", Quote(name), " is not part of this build"));
}

Result<Decision::Option> TakeOption(Lexer* lex) {
  Decision::Option o;
  HASTEN_ASSIGN(o.name, lex->String("a kernel's name in quotes"));
  HASTEN_ASSIGN(o.nanoseconds, lex->Double("nanoseconds"));
  o.measured = lex->Take("measured");
  o.picked = lex->Take("picked");
  return o;
}

}  // namespace

bool IsPlanFile(const std::string& path) {
  auto file = MappedFile::Open(path);
  return file.ok() && HasPlanMagic((*file)->bytes());
}

Result<PlanFile> PlanFile::Open(const std::string& path) {
  HASTEN_ASSIGN(auto file, MappedFile::Open(path));
  const std::string_view bytes = file->bytes();
  auto opened = Of(std::move(file), bytes).At(path);
  if (opened.ok()) opened->path_ = path;
  return opened;
}

Result<PlanFile> PlanFile::Of(std::shared_ptr<const void> owner, std::string_view bytes) {
  PlanFile file;
  file.owner_ = std::move(owner);
  if (reinterpret_cast<uintptr_t>(bytes.data()) % kSectionAlign != 0) {
    HASTEN_ASSIGN(const Tensor copy, NewTensor(DType::kU8, {static_cast<int64_t>(bytes.size())}));
    std::memcpy(copy.data, bytes.data(), bytes.size());
    bytes = {reinterpret_cast<const char*>(copy.data), bytes.size()};
    file.owner_ = copy.owner;
  }
  HASTEN_ASSIGN(file.sections_, ReadSections(bytes));
  HASTEN_TRY(file.ReadAll());
  return file;
}

Status PlanFile::ReadAll() {
  for (const Section& s : sections_)
    if (s.name != "weights" && s.name != "packed") HASTEN_TRY(VerifySection(s));
  HASTEN_TRY(ReadSettings().At(SectionName("settings")));
  return ReadTensors().At(SectionName("tensors"));
}

Result<const Section*> PlanFile::Find(std::string_view name) const {
  for (const Section& s : sections_) {
    if (s.name != name) continue;
    if (s.version == kSectionVersion) return &s;
    return Status(Code::kUnsupported, Str("must be of version ", kSectionVersion, ", is of version ", s.version));
  }
  return Status(Code::kInvalidModel, "is missing");
}

Result<std::string_view> PlanFile::Text(std::string_view name) const {
  HASTEN_ASSIGN(const Section* s, Find(name));
  return s->bytes.substr(0, s->bytes.find_last_not_of('\0') + 1);
}

Status PlanFile::ReadSettings() {
  HASTEN_ASSIGN(const std::string_view text, Text("settings"));
  Lexer lex(text);
  HASTEN_TRY(lex.Expect("hasten"));
  HASTEN_ASSIGN(version_, lex.String("a version in quotes"));
  HASTEN_TRY(lex.Expect("machine"));
  HASTEN_ASSIGN(machine_, lex.String("a machine's fingerprint in quotes"));
  HASTEN_TRY(lex.Expect("threads"));
  HASTEN_ASSIGN(const int64_t threads, IntWithin(&lex, "threads", 1, kMostThreads));
  settings_.threads = static_cast<int>(threads);
  HASTEN_TRY(lex.Expect("level"));
  HASTEN_ASSIGN(const int64_t level, IntWithin(&lex, "a level", 0, 5));
  settings_.level = static_cast<int>(level);
  HASTEN_TRY(lex.Expect("numerics"));
  HASTEN_ASSIGN(const size_t numerics, OneOfWords(&lex, kNumericsNames));
  settings_.numerics = static_cast<Numerics>(numerics);
  settings_.references_only = lex.Take("references_only");
  while (lex.Take("shape")) HASTEN_TRY(TakeShape(&lex, &settings_.shapes));
  while (lex.Take("state")) {
    HASTEN_ASSIGN(StateBinding state, TakeState(&lex));
    states_.push_back(std::move(state));
  }
  return Ended(lex, "'shape', 'state' or the end");
}

// A tensor of a section, in place.
Result<Tensor> PlanFile::View(std::string_view section, Tensor typed, uint64_t offset) const {
  constexpr int64_t kMostElements = int64_t{1} << 56;
  HASTEN_ASSIGN(const Section* s, Find(section));
  const bool sized = typed.dtype != DType::kString && typed.elements() <= kMostElements;
  const uint64_t bytes = sized ? static_cast<uint64_t>(typed.bytes()) : 0;
  if (!sized || offset % kSectionAlign != 0 || offset > s->bytes.size() || bytes > s->bytes.size() - offset)
    return Status(Code::kInvalidModel, Str(typed, " at ", offset, " must lie in the ", s->bytes.size(), " bytes of ",
                                           SectionName(section), ", at a multiple of ", kSectionAlign));
  typed.data = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(s->bytes.data()) + offset);
  typed.owner = owner_;
  return typed;
}

Status PlanFile::ReadTensors() {
  HASTEN_ASSIGN(const std::string_view text, Text("tensors"));
  Lexer lex(text);
  while (lex.Take("tensor")) {
    HASTEN_ASSIGN(const uint64_t offset, lex.Uint("an offset"));
    HASTEN_ASSIGN(const int64_t bytes, IntWithin(&lex, "a number of bytes", 0, int64_t{1} << 56));
    Tensor typed;
    typed.dtype = DType::kU8;
    typed.dims = {bytes};
    HASTEN_ASSIGN(Tensor view, View("weights", std::move(typed), offset));
    tensors_.push_back(std::move(view));
  }
  return Ended(lex, "'tensor' or the end");
}

Status PlanFile::VerifyWeights() const {
  for (const Section& s : sections_)
    if (s.name == "weights" || s.name == "packed") HASTEN_TRY(VerifySection(s).At(path_));
  return {};
}

Result<std::unique_ptr<Model>> PlanFile::LoadModel(const Catalog& catalog) const {
  const std::string where = SectionName("graph");
  HASTEN_ASSIGN(const std::string_view text, Text("graph").At(where));
  const TextLimits limits = {.generated_bytes = int64_t{1} << 20};
  HASTEN_ASSIGN(auto model, ParseText(text, catalog, limits, tensors_).At(where));
  TypeConstants(&model->graph);
  HASTEN_TRY(InferTypes(&model->graph).At(where));
  return model;
}

Status PlanFile::ReadChoices(const PlanOptions& options, StoredChoices* choices) const {
  HASTEN_ASSIGN(const std::string_view text, Text("steps"));
  Lexer lex(text);
  while (lex.Take("step")) HASTEN_TRY(TakeChoice(&lex, options, &choices->steps.emplace_back()));
  while (lex.Take("packed")) {
    HASTEN_ASSIGN(Tensor typed, TakeTensorType(&lex));
    HASTEN_ASSIGN(const uint64_t offset, lex.Uint("an offset"));
    HASTEN_ASSIGN(Tensor view, View("packed", std::move(typed), offset));
    choices->packed.push_back(std::move(view));
  }
  return Ended(lex, "'step', 'packed' or the end");
}

// What is known of how the plan was made.
Status PlanFile::ReadRecord(Plan* plan) const {
  HASTEN_ASSIGN(const std::string_view text, Text("record"));
  Lexer lex(text);
  while (lex.Take("note")) {
    HASTEN_ASSIGN(std::string note, lex.String("a note in quotes"));
    plan->notes.push_back(std::move(note));
  }
  HASTEN_TRY(lex.Expect("timed"));
  HASTEN_ASSIGN(plan->timed, lex.Int("a number of kernels"));
  while (lex.Take("decision")) {
    Decision& d = plan->decisions.emplace_back();
    HASTEN_ASSIGN(const int64_t step, IntWithin(&lex, "a step", 0, std::numeric_limits<uint32_t>::max()));
    d.step = static_cast<uint32_t>(step);
    HASTEN_ASSIGN(d.where, lex.String("the node's path in quotes"));
    while (lex.Take("option")) {
      HASTEN_ASSIGN(Decision::Option option, TakeOption(&lex));
      d.options.push_back(std::move(option));
    }
  }
  return Ended(lex, "'note', 'decision', 'option' or the end");
}

// The plan as it was made; kUnsupported: it cannot be had here.
Result<std::shared_ptr<const Plan>> PlanFile::Assemble(std::shared_ptr<const Model> model,
                                                       const PlanOptions& options) const {
  if (version_ != LibraryVersion())
    return Status(Code::kUnsupported, Str("it was made by hasten ", version_, ", this is ", LibraryVersion()));
  if (machine_ != MachineFingerprint())
    return Status(Code::kUnsupported,
                  Str("it was made for machine ", Quote(machine_), ", this is ", Quote(MachineFingerprint())));
  StoredChoices choices;
  HASTEN_TRY(ReadChoices(options, &choices).At(SectionName("steps")));
  HASTEN_ASSIGN(std::shared_ptr<Plan> plan, AssemblePlan(std::move(model), options, choices).At(SectionName("steps")));
  plan->settings = settings_;
  HASTEN_TRY(ReadRecord(plan.get()).At(SectionName("record")));
  return std::shared_ptr<const Plan>(std::move(plan));
}

Result<LoadedPlan> PlanFile::Load(PlanOptions options) const {
  options.states = states_;
  options.shapes = settings_.shapes;
  options.numerics = settings_.numerics;
  options.references_only = settings_.references_only;
  const Catalog& catalog = options.catalog ? *options.catalog : Catalog::BuiltIn();
  HASTEN_ASSIGN(std::shared_ptr<const Model> model, LoadModel(catalog).At(path_));
  auto plan = Assemble(model, options);
  if (plan.ok()) return LoadedPlan{*std::move(plan), false};
  if (plan.code() != Code::kUnsupported) return std::move(plan).status().At(path_);
  options.notes.push_back(Str(path_, " was planned again: ", plan.message()));
  HASTEN_ASSIGN(auto again, BuildPlan(std::move(model), options).At(path_));
  return LoadedPlan{std::move(again), true};
}

}  // namespace hasten
