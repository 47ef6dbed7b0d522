#include "cli/run_flags.h"

#include "base/nearest.h"
#include "cli/flag_checks.h"
#include "cli/run_limits.h"
#include "cli/shapes.h"
#include "cli/sound_input.h"

namespace hasten::cli {
namespace {

constexpr int64_t kMost = 1'000'000'000;

// An option whose text `parse` turns into a value.
template <class T, class Parse>
CLI::Option* AddParsed(CLI::App* app, const std::string& name, std::optional<T>* to, Parse parse,
                       const std::string& doc) {
  const auto store = [to, parse](const std::string& text) { *to = *parse(text); };
  return app->add_option_function<std::string>(name, store, doc)->check(Parses(parse));
}

Result<DType> ParseDType(std::string_view name) {
  if (const auto dtype = DTypeFromName(name); dtype && *dtype != DType::kString) return *dtype;
  std::vector<std::string> names;
  for (int i = 1; i < kNumDTypes; ++i) names.emplace_back(Name(static_cast<DType>(i)));
  std::erase(names, std::string(Name(DType::kString)));
  const std::string nearest = Nearest(name, names);
  return Status(Code::kInvalidArgument,
                Str("'", name, "' is no element type",
                    nearest.empty() ? Str(": ", Join(names, ", ")) : Str("; did you mean '", nearest, "'?")));
}

void AddInputs(CLI::App* app, RunFlags* f) {
  app->add_option(
         "--input", f->inputs,
         "An input from a file: .npy, .npz (also FILE.npz:MEMBER), .json, .pb (TensorProto and its kin), .raw "
         "(row-major bytes), .txt (a string a line), a sound or a picture; - is standard input; random, "
         "random:LOW,HIGH, "
         "zeros and ones need no file. NAME= may be left out if the model has one input, or the file has names. Repeat "
         "it for a batch, or for the elements of a sequence")
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);
  app->add_option("--input-dir", f->input_dir,
                  "All inputs from input_0.pb, input_1.pb, ... (or .npy) of a folder, in the model's order")
      ->type_name("DIR");
  app->add_option("--image", f->images,
                  "A picture (JPEG, PNG, BMP, PNM) as an input, whatever the file is called. Repeat it for a batch")
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);
  app->add_option("--shape", f->shapes,
                  "The shape of a made-up or .raw input, and of symbols that it shares with others: x=1x3x224x224")
      ->type_name("NAME=DIMS")
      ->allow_extra_args(false)
      ->check(Parses([](const std::string& s) { return ParseShape(s); }));
  app->add_option_function<std::string>(
         "--raw-dtype", [f](const std::string& name) { f->raw_dtype = *ParseDType(name); },
         "The type of elements in raw files, as in f32 or u8, which become the input's own")
      ->type_name("TYPE")
      ->check(Parses(ParseDType));
  app->add_option("--sample-rate", f->sample_rate,
                  "Samples a second that sounds are brought to: the model's metadata \"hasten.sample_rate\", or 16000")
      ->type_name("HZ")
      ->check(Within<int64_t>(1, kMostSampleRate));
  app->add_option("--seed", f->seed, "Seed of made-up inputs and of random ops")->type_name("N")->capture_default_str();
}

void AddImageSettings(CLI::App* app, ImageSettings* image) {
  auto* color = OneOf(app->add_option("--color", image->color, "Order of the channels"), {"rgb", "bgr", "gray"});
  app->add_flag_function(
         "--bgr", [image](int64_t) { image->color = "bgr"; }, "Short for --color bgr")
      ->excludes(color);
  OneOf(app->add_option("--resize", image->resize,
                        "bilinear takes the four nearest pixels, antialias averages where it shrinks"),
        {"bilinear", "antialias", "nearest"});
  OneOf(
      app->add_option("--crop", image->crop,
                      "center keeps the picture's proportions: its shorter side is resized to --resize-to, or to what "
                      "just covers the input, and the middle is cut out; letterbox keeps them and all of the picture, "
                      "with grey around it, as YOLO detectors are trained; none resizes both sides to fit"),
      {"center", "letterbox", "none"});
  app->add_option("--resize-to", image->resize_to, "The shorter side in pixels before the middle is cut out")
      ->type_name("N")
      ->check(Within<int64_t>(1, 1 << 16));
  AddParsed(app, "--scale", &image->scale, ParseScale, "Multiply pixels (0 to 255) by this first: 1/255 gives 0 to 1")
      ->type_name("X|A/B");
  AddParsed(app, "--mean", &image->mean, ParseNumbers, "Then subtract this, one for all channels or one each")
      ->type_name("X,...");
  AddParsed(app, "--std", &image->deviation, ParseNumbers, "Then divide by this, one for all channels or one each")
      ->type_name("X,...");
  OneOf(app->add_option("--layout", image->layout, "Where the input has its channels, if its shape does not tell"),
        {"nchw", "nhwc"});
}

void AddDrawing(CLI::App* app, RunFlags* f) {
  const auto part = [](CLI::Option* option) { return option->type_name("X")->check(Within<double>(0, 1)); };
  const auto png = CLI::Validator(
      [](const std::string& path) { return path.ends_with(".png") ? "" : Str("'", path, "' must end in .png"); }, "");
  auto* draw = app->add_option("--draw", f->draw,
                               "Draw what a detector or a segmentation network found on the picture, as a PNG file")
                   ->type_name("FILE")
                   ->check(png);
  part(app->add_option("--score-threshold", f->score_threshold,
                       "Leave out what is less certain (0.25, for a map of one class 0.5)"))
      ->needs(draw);
  part(app->add_option("--iou-threshold", f->iou_threshold,
                       "Of boxes of one class that overlap by more (intersection over union), the best is drawn"))
      ->capture_default_str()
      ->needs(draw);
}

void AddOutputs(CLI::App* app, RunFlags* f) {
  auto* file = app->add_option("--output", f->outputs,
                               "Write an output to a file: .npy, .npz, .pb, .raw or .json; - is standard output. NAME= "
                               "may be left out if the model has one output")
                   ->type_name("[NAME=]FILE")
                   ->allow_extra_args(false);
  auto* dir =
      app->add_option("--output-dir", f->output_dir,
                      "Write output_0, output_1, ... (or outputs.npz) into this folder, which is made if need be")
          ->type_name("DIR");
  auto* format = OneOf(
      app->add_option("--output-format", f->output_format, "As what --output-dir writes, and --output - (npy or json)")
          ->capture_default_str(),
      {"npy", "npz", "pb", "raw", "json"});
  app->callback([file, dir, format] {
    if (format->count() > 0 && dir->count() + file->count() == 0)
      throw CLI::RequiresError("--output-format", "--output-dir or --output");
  });
  app->add_option("--top", f->top, "Print the best classes of the first output, with probabilities")
      ->type_name("N")
      ->check(Within<int64_t>(1, kMost));
  app->add_option("--labels", f->labels, "Names of the classes, one a line")->type_name("FILE");
  AddDrawing(app, f);
  app->add_flag("--no-softmax", f->no_softmax, "Print scores as the model gives them");
  app->add_flag("--json", f->json, "Print one JSON object instead of text");
  app->add_flag("-q,--quiet", f->quiet, "No notes");
}

void AddCheck(CLI::App* app, RunFlags* f) {
  auto* check =
      app->add_option("--check", f->check,
                      "Compare the outputs with output_0.pb, output_1.pb, ... (or .npy) of a folder, which gives the "
                      "inputs too unless other options do; exit status 1 if one differs")
          ->type_name("DIR");
  const auto size = CLI::Validator(CLI::NonNegativeNumber).description("");
  app->add_option("--rtol", f->relative, "Tolerance relative to the expected element")
      ->type_name("X")
      ->capture_default_str()
      ->check(size)
      ->needs(check);
  app->add_option("--atol", f->absolute, "Absolute tolerance, added to it")
      ->type_name("X")
      ->capture_default_str()
      ->check(size)
      ->needs(check);
}

void AddRunning(CLI::App* app, RunFlags* f) {
  auto* repeat = app->add_option("--repeat", f->repeat,
                                 "Time this many runs and print their latencies: least, 10 %, median, 90 %, 99 %")
                     ->type_name("N")
                     ->check(Within<int64_t>(1, kMost));
  auto* warmup = app->add_option("--warmup", f->warmup, "Runs before, which are not timed (1 with --repeat, else 0)")
                     ->type_name("N")
                     ->check(Within<int64_t>(0, kMost));
  auto* reference = app->add_flag("--reference", f->reference, "Compute every op by its slow, exact reference");
  auto* profile =
      app->add_flag("--profile", f->profile, "Print a table of the steps: time, share, FLOP/s, GB/s, kernel, layout");
  auto* trace = app->add_option("--trace", f->trace,
                                "Write every step of the timed runs into a file that Perfetto (ui.perfetto.dev) opens: "
                                "Chrome's trace events, in JSON")
                    ->type_name("FILE");
  app->add_flag("--verify", f->verify,
                "Compute each step again by its reference, on the same inputs, and stop at the first whose kernel is "
                "further from it than the kernel's bound; exit status 1 if there is one")
      ->excludes(reference)
      ->excludes(repeat)
      ->excludes(warmup)
      ->excludes(profile)
      ->excludes(trace);
}

void AddLimits(CLI::App* app, PlanFlags* f) {
  AddParsed(app, "--max-memory", &f->max_memory, ParseBytes,
            "Weights, inputs, values between nodes and outputs may take this much; exit status 3 if they need more")
      ->type_name("BYTES[k|m|g]");
  constexpr double kLongest = 1e9;
  app->add_option("--timeout", f->timeout,
                  "No run, and no planning, may take longer; exit status 3 if one does, as soon as that is noticed")
      ->type_name("SECONDS")
      ->check(Within<double>(1e-6, kLongest));
}

}  // namespace

void AddRunFlags(CLI::App* app, RunFlags* f) {
  app->add_option("MODEL", f->model, "The model: .onnx, .ir (the text form), a plan file, or zoo:NAME")
      ->required()
      ->type_name("");
  auto group = [app](const char* name) { app->option_defaults()->group(name); };
  group("Input");
  AddInputs(app, f);
  group("Pictures");
  AddImageSettings(app, &f->image);
  group("Output");
  AddOutputs(app, f);
  group("Check");
  AddCheck(app, f);
  group("Running");
  AddRunning(app, f);
  group("Limits");
  AddLimits(app, &f->plan);
  group("Planning");
  AddPlanFlags(app, &f->plan);
  app->add_flag("--verify-plan", f->verify_plan,
                "Read all weights of a plan file first, and check that they are whole");
}

}  // namespace hasten::cli
