#include "cli/simplify_flags.h"

#include <fmt/format.h>

#include <charconv>

#include "base/nearest.h"
#include "cli/flag_checks.h"
#include "passes/pipeline.h"

namespace hasten::cli {
namespace {

constexpr int kMostOpset = 28;

// Passes of onnxsim, and which rules here do what they do.
struct TheirPass {
  std::string_view name;
  std::string_view ours[2] = {};
};
constexpr TheirPass kTheirPasses[] = {
    {"eliminate_common_subexpression", {"merge_duplicates", "share_contents"}},
    {"eliminate_consecutive_idempotent_ops", {"remove_repetition"}},
    {"eliminate_deadend", {"remove_dead"}},
    {"eliminate_duplicate_initializer", {"merge_duplicates"}},
    {"eliminate_identity", {"remove_identity"}},
    {"eliminate_if_with_const_cond", {}},
    {"eliminate_nop_cast", {"remove_identity"}},
    {"eliminate_nop_concat", {"remove_identity"}},
    {"eliminate_nop_dropout", {"remove_identity"}},
    {"eliminate_nop_expand", {"remove_identity"}},
    {"eliminate_nop_flatten", {"remove_identity"}},
    {"eliminate_nop_monotone_argmax", {}},
    {"eliminate_nop_pad", {"remove_identity"}},
    {"eliminate_nop_reshape", {"remove_identity"}},
    {"eliminate_nop_split", {"remove_identity"}},
    {"eliminate_nop_transpose", {"remove_identity"}},
    {"eliminate_nop_with_unit", {"remove_unit_arithmetic", "remove_zero_sum"}},
    {"eliminate_shape_gather", {"fold_constant"}},
    {"eliminate_shape_op", {"fold_constant"}},
    {"eliminate_slice_after_shape", {"fold_constant"}},
    {"eliminate_unused_initializer", {"remove_dead"}},
    {"extract_constant_to_initializer", {}},
    {"fuse_add_bias_into_conv", {"fold_affine_after"}},
    {"fuse_bn_into_conv", {"fold_affine_after", "fold_affine_before"}},
    {"fuse_concat_into_reshape", {"reshape_to_constant"}},
    {"fuse_consecutive_concats", {}},
    {"fuse_consecutive_log_softmax", {}},
    {"fuse_consecutive_reduce_unsqueeze", {}},
    {"fuse_consecutive_slices", {"merge_slices"}},
    {"fuse_consecutive_squeeze_unsqueeze", {"merge_reshapes"}},
    {"fuse_consecutive_squeezes", {"merge_reshapes"}},
    {"fuse_consecutive_transposes", {"compose_transposes"}},
    {"fuse_consecutive_unsqueezes", {"merge_reshapes"}},
    {"fuse_matmul_add_bias_into_gemm", {"matmul_add_to_gemm"}},
    {"fuse_pad_into_conv", {"pad_into_window"}},
    {"fuse_pad_into_pool", {"pad_into_window"}},
    {"fuse_qkv", {}},
    {"fuse_transpose_into_gemm", {"transpose_into_gemm"}},
    {"adjust_add", {}},
    {"nop", {}},
    {"rewrite_where", {}},
};

std::vector<std::string> OurNames() {
  std::vector<std::string> out;
  for (const Pass& p : Pipeline()) out.emplace_back(p.name);
  for (const Rule* r : BuiltInRules())
    if (r->target != Target::kRun) out.emplace_back(r->name);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// What is turned off by a name, ours or theirs.
Result<std::vector<std::string>> RulesNamed(const std::string& name) {
  for (const TheirPass& pass : kTheirPasses) {
    if (pass.name != name) continue;
    std::vector<std::string> out;
    for (std::string_view ours : pass.ours)
      if (!ours.empty()) out.emplace_back(ours);
    return out;
  }
  std::vector<std::string> known = OurNames();
  if (std::find(known.begin(), known.end(), name) != known.end()) return std::vector<std::string>{name};
  for (const TheirPass& pass : kTheirPasses) known.emplace_back(pass.name);
  const std::string nearest = Nearest(name, known);
  return Status(Code::kInvalidArgument, Str("there is no rule or pass '", name, "'",
                                            nearest.empty() ? "" : Str("; did you mean '", nearest, "'?")));
}

// "1M", "100KB", "2GB", "512".
Result<int64_t> ParseSize(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit(end, text.data() + text.size());
  for (char& c : unit) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (unit.ends_with("B")) unit.pop_back();
  const std::string_view units = "KMGT";
  const size_t power = unit.empty() ? 0 : unit.size() == 1 ? units.find(unit[0]) + 1 : std::string::npos;
  if (error != std::errc() || number < 0 || power > units.size() || number > 1e15)
    return Status(Code::kInvalidArgument, Str("'", text, "' must be a size such as 1M or 100KB"));
  return static_cast<int64_t>(std::ldexp(number, static_cast<int>(10 * power)));
}

Result<int> ParseOpset(const std::string& text) {
  if (text == "latest") return kMostOpset;
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error == std::errc() && end == text.data() + text.size() && n >= 1 && n <= kMostOpset) return n;
  return Status(Code::kInvalidArgument, Str("'", text, "' must be an opset, 1 to ", kMostOpset, ", or 'latest'"));
}

using Texts = std::vector<std::string>;

// What CLI11 gives for an option that may stand alone and does.
bool Alone(const Texts& texts) {
  return texts.empty() || (texts.size() == 1 && (texts[0].empty() || texts[0] == "true" || texts[0] == "{}"));
}

CLI::Option* AddWords(CLI::App* app, const std::string& names, const std::string& doc, const std::string& value,
                      std::function<void(const Texts&)> take) {
  return app->add_option_function<Texts>(names, std::move(take), doc)->type_name(value)->expected(1, -1);
}

[[noreturn]] void Refuse(const std::string& option, std::string_view why) {
  throw CLI::ValidationError(option, std::string(why));
}

void AddList(CLI::App* app, Texts* to, const std::string& names, const std::string& doc, const std::string& value) {
  AddWords(app, names, doc, value, [to](const Texts& all) { to->insert(to->end(), all.begin(), all.end()); });
}

void AddCheck(CLI::App* app, SimplifyFlags* f) {
  app->add_option_function<double>(
         "--check-rtol", [f](double v) { f->rtol = v; },
         "Tolerance of the check relative to the largest element of an output (1e-4; 1e-2 where the model has half "
         "precision)")
      ->type_name("X")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
  app->add_option("--check-atol", f->atol, "Absolute tolerance of the check, added to it")
      ->type_name("X")
      ->capture_default_str()
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
  AddList(app, &f->test_shapes, "--test-input-shape",
          "Shapes of the check's inputs, where the model leaves them open: NAME:1,3,224,224, or the dims alone of an "
          "only input",
          "[NAME:]DIMS");
  AddList(app, &f->input_files, "--input-data-path,--input-data",
          "Inputs of the check from files: .npy, .pb (TensorProto), or .raw and .bin, row-major bytes", "NAME:FILE");
  OneOf(app->add_option("--input-fill", f->fill, "Contents of inputs that are made up")->capture_default_str(),
        {"random", "ones", "zeros", "arange"});
  app->add_option("--seed", f->seed, "Seed of random inputs")->type_name("N")->capture_default_str();
}

void AddSkips(CLI::App* app, SimplifyFlags* f) {
  const auto skip = [f](const Texts& names) {
    if (Alone(names)) f->no_passes = true;
    if (Alone(names)) return;
    for (const std::string& name : names) {
      auto ours = RulesNamed(name);
      if (!ours.ok()) Refuse("--skip-optimization", ours.message());
      f->off.insert(f->off.end(), ours->begin(), ours->end());
    }
  };
  AddWords(app, "--skip-optimization,--skip-optimizer",
           "Rules and passes that do not run, by our names (--list-default-optimizers) or by onnxsim's; without a "
           "name, none runs",
           "NAME", skip)
      ->expected(0, -1);
  AddWords(app, "--enable-optimization", "onnxsim's names of what is on anyway; others are refused", "NAME",
           [](const Texts& names) {
             for (const std::string& name : names)
               if (!RulesNamed(name).ok()) Refuse("--enable-optimization", Str("there is no '", name, "' here"));
           });
  app->add_flag_callback(
      "--skip-fuse-bn",
      [f] {
        f->off.insert(f->off.end(), {"fold_affine_after", "fold_affine_before"});
      },
      "BatchNormalization and constants per channel stay out of weights");
  app->add_flag_callback(
      "--skip-constant-folding", [f] { f->off.emplace_back("fold_constant"); }, "Nothing is computed beforehand");
  const auto list = [] {
    for (const std::string& name : OurNames()) fmt::print("{}\n", name);
    throw CLI::Success();
  };
  app->add_flag_callback("--list-default-optimizers", list, "Print the names of rules and passes, and end")
      ->trigger_on_parse();
  app->add_flag_callback(
         "--list-other-optimizers", [] { throw CLI::Success(); }, "Nothing: all are on by default")
      ->trigger_on_parse();
  OneOf(app->add_option("--precision", f->precision,
                        "Liberty with rounding: exact rules only, or strict, which folds constants into weights too")
            ->capture_default_str(),
        {"exact", "strict"});
}

void AddGraph(CLI::App* app, SimplifyFlags* f) {
  AddSkips(app, f);
  AddList(app, &f->shapes, "--overwrite-input-shape,--input-shape",
          "Make the shapes of inputs constant: NAME:1,3,224,224, or the dims alone of an only input", "[NAME:]DIMS");
  AddList(app, &f->unused_outputs, "--unused-output", "Outputs to remove, with all that only they need", "NAME");
  AddWords(app, "--no-large-tensor",
           "Compute beforehand only what adds at most this much to the file (1KB where no size is given)", "SIZE",
           [f](const Texts& words) {
             const auto size = ParseSize(Alone(words) ? "1KB" : words[0]);
             if (!size.ok()) Refuse("--no-large-tensor", size.message());
             f->largest_made = *size;
           })
      ->expected(0, 1);
  app->add_flag(
      "--contrib", f->contrib,
      "Make ops of com.microsoft, too: for files that ONNX Runtime is to run. Where rules make LayerNormalization, "
      "or DepthToSpace in mode CRD, that the model's opset lacks, the file has opset 17 unless --opset says another");
  app->add_flag("--mutable-initializer", f->keep_defaults,
                "Inputs with a default stay inputs, and their contents unknown; otherwise they become constants");
  app->add_flag("--initializers-as-non-constants", f->weights_vary,
                "Weights stay as they are, and nothing is computed from them; Constant nodes are still constants");
}

void AddFile(CLI::App* app, SimplifyFlags* f) {
  app->add_option_function<std::string>(
         "--opset,--target-opset", [f](const std::string& text) { f->opset = *ParseOpset(text); },
         "Opset of ai.onnx to write, or 'latest' (the model's own)")
      ->type_name("N")
      ->check(Parses(ParseOpset));
  app->add_flag("--save-as-external-data", f->external, "Weights go to a file beside the model, OUTPUT.data");
  app->add_option_function<std::string>(
         "--external-data-threshold", [f](const std::string& text) { f->external_threshold = *ParseSize(text); },
         "The same where weights have more than this: 500MB. Otherwise they do where the input's did, and where "
         "protobuf cannot hold them (2 GB)")
      ->type_name("SIZE")
      ->check(Parses(ParseSize));
}

void AddReport(CLI::App* app, SimplifyFlags* f) {
  app->add_option("--report", f->report, "Write a page about what was changed: ops, costs, every firing of a rule")
      ->type_name("FILE.html");
  app->add_flag("--json", f->json, "Print one JSON object instead of text");
  app->add_flag("-q,--quiet", f->quiet, "No notes");
  const auto version = [] {
    fmt::print("hasten {}\n", Version());
    throw CLI::Success();
  };
  app->add_flag_callback("-v,--version", version, "Print the version, and end")->trigger_on_parse();
}

// Flags of onnxsim that change nothing here: accepted, since scripts have them.
void AddAccepted(CLI::App* app) {
  constexpr std::pair<const char*, const char*> kSwitches[] = {
      {"--enable-fuse-bn", "As always"},
      {"--dynamic-input-shape", "As always"},
      {"--include-subgraph", "As always: graphs inside nodes are simplified, too"},
      {"--inline-functions", "As always"},
      {"--skip-schema-import", "Nodes of unknown domains pass through in any case"},
      {"--skip-shape-inference", "Shapes are inferred for the rules, and not written"},
      {"--no-certify", "Outputs are compared, nothing is proven"},
  };
  for (const auto& [name, doc] : kSwitches)
    app->add_flag_callback(
        name, [] {}, doc);
  AddWords(app, "--custom-lib", "Nodes of unknown domains pass through in any case", "FILE", [](const Texts&) {});
  AddWords(app, "--providers", "CPUExecutionProvider only", "NAME", [](const Texts& names) {
    for (const std::string& name : names)
      if (name != "CPUExecutionProvider") Refuse("--providers", Str("constants are folded by the CPU, not by ", name));
  });
}

void AddRefused(CLI::App* app) {
  constexpr std::string_view kQuantise = "quantising is not simplifying: not done here";
  constexpr std::string_view kConvert = "only ONNX is written";
  constexpr std::string_view kProfile = "not done here; --report says what each rule did and how long it took";
  constexpr struct {
    std::string_view names, why;
  } kRefused[] = {
      {"--emit-mlir --mlir-target --onnx-mlir --emit-coreml --coreml-format --coreml-compute-units --coreml-io-dtype "
       "--coreml-minimum-deployment-target --emit-tflite --tflite-optimize --tflite-backend --tflite-int8 "
       "--tflite-calibration-samples --tflite-io-dtype --tflite-flex --tflite-layout --tflite-edgetpu "
       "--tflite-edgetpu-compiler --tflite-edgetpu-check",
       kConvert},
      {"--dynamic-quantize --dynamic-quantize-matmul-integer-to-float --ternary-quantize --weight-only-quantize "
       "--weight-only-quantize-int4 --weight-only-quantize-int16 --weight-only-quantize-int8-block --fp16-quantize "
       "--bf16-quantize --fp8-quantize --fp8-format --static-quantize --static-quantize-int16 --qoperator-quantize "
       "--qoperator-quantize-elementwise --qoperator-quantize-activation --qoperator-quantize-concat "
       "--qoperator-quantize-softmax --qoperator-quantize-pool --qoperator-quantize-where --qoperator-quantize-gemm "
       "--calibration-dataset --calibration-samples --calibration-method",
       kQuantise},
      {"--profile --ort-profile --merge-ort-profile --node-reduction-plot --graph-diff", kProfile},
      {"--enable-onnxruntime-optimization", "ONNX Runtime is not part of this; its rules do not run"},
      {"--certify", "outputs are compared, nothing is proven"},
      {"--cuda", "constants are folded by the CPU"},
  };
  for (const auto& refused : kRefused)
    for (const std::string& name : CLI::detail::split(std::string(refused.names), ' '))
      AddWords(app, name, "", "", [name, why = refused.why](const Texts&) { Refuse(name, why); })
          ->expected(0, -1)
          ->group("");
}

}  // namespace

void AddSimplifyFlags(CLI::App* app, SimplifyFlags* f) {
  app->add_option("INPUT", f->from, "The model: .onnx, .ir (the text form), or zoo:NAME")->required()->type_name("");
  app->add_option("OUTPUT", f->to, "The .onnx file to write")->required()->type_name("");
  app->add_option_function<int64_t>(
         "CHECK_N",
         [f](int64_t n) {
           f->check_n = n;
           f->asked_to_check = n > 0;
         },
         "Compare the outputs of both models this many times; 0: not at all (1)")
      ->type_name("")
      ->check(Within<int64_t>(0, 1'000'000));
  const auto group = [app](const char* name) { app->option_defaults()->group(name); };
  group("Check");
  AddCheck(app, f);
  group("Graph");
  AddGraph(app, f);
  group("File");
  AddFile(app, f);
  group("Output");
  AddReport(app, f);
  group("Accepted from onnxsim");
  AddAccepted(app);
  AddRefused(app);
}

}  // namespace hasten::cli
