#include <CLI/CLI.hpp>

#include "base/mapped_file.h"
#include "cli/command.h"
#include "cli/output_files.h"
#include "cli/planned_model.h"
#include "cli/run_flags.h"
#include "cli/run_limits.h"
#include "cli/timing.h"
#include "cli/verify_run.h"
#include "cli/vision/show_detections.h"

namespace hasten::cli {
namespace {

Status RunModel(const RunFlags& flags, Report* report) {
  report->Fact([&flags](JsonWriter* json) { WriteField(json, "model", flags.model); });
  HASTEN_TRY(LimitMemory(flags.plan.max_memory, flags.model));
  HASTEN_ASSIGN(const PlannedModel made, LoadAndPlan(flags, /*keep_weights=*/flags.verify, report));
  Session* session = made.session.get();
  HASTEN_ASSIGN(const std::vector<OutputFile> files, FindOutputFiles(flags, *session));
  HASTEN_ASSIGN(const std::vector<Value> outputs, flags.verify ? VerifiedRun(flags, session, made.inputs, report)
                                                               : TimedRuns(flags, session, made.inputs, report));
  HASTEN_TRY(MappedFile::Whole());
  HASTEN_TRY(ShowOutputs(flags, *session, outputs, !made.pictures.empty(), report));
  if (!flags.draw.empty()) HASTEN_TRY(DrawDetections(flags, *session, outputs, made.pictures, report));
  HASTEN_TRY(WriteOutputFiles(files, *session, outputs, report));
  if (!flags.output_dir.empty()) HASTEN_TRY(WriteOutputs(flags, *session, outputs, report));
  if (!flags.check.empty()) HASTEN_TRY(CheckOutputs(flags, *session, outputs, report));
  return {};
}

// An output goes there, so that nothing else may.
bool TakesStandardOutput(const RunFlags& flags) {
  return std::any_of(flags.outputs.begin(), flags.outputs.end(),
                     [](const std::string& text) { return text == "-" || text.ends_with("=-"); });
}

std::function<Status()> Define(CLI::App* app) {
  const auto flags = std::make_shared<RunFlags>();
  AddRunFlags(app, flags.get());
  return [flags]() -> Status {
    Report report(flags->json, flags->quiet, /*data_on_output=*/TakesStandardOutput(*flags));
    Status status = RunModel(*flags, &report);
    report.Print();
    return status;
  };
}

constexpr Example kExamples[] = {
    {"Made-up inputs: does it run, and how fast?", "hasten run model.onnx --repeat 100"},
    {"How fast is a ResNet-50 here?", "hasten run zoo:resnet50 --repeat 20"},
    {"One input from a NumPy file.", "hasten run model.onnx --input x=photo.npy"},
    {"All inputs from one archive, or from standard input.", "hasten run model.onnx --input inputs.npz"},
    {"A sound, and an input of ones.", "hasten run speech.onnx --input wave=hello.flac --input state=ones"},
    {"What is in a picture?", "hasten run model.onnx --image cat.jpg --labels labels.txt --top 5"},
    {"Where is what? Boxes on the picture.",
     "hasten run yolo.onnx --image street.jpg --labels coco.names --draw found.png"},
    {"An output for another program.",
     "hasten run model.onnx --input x=x.npy --output y=- --output-format json | jq .data"},
    {"Folders as ONNX test data has them: input_0.pb, input_1.pb, ... in the model's order.",
     "hasten run model.onnx --input-dir test_data_set_0 --output-dir out --output-format pb"},
    {"Where does the time go?", "hasten run model.onnx --repeat 3 --profile --trace steps.json"},
    {"Does every kernel compute what its reference does?", "hasten run model.onnx --verify"},
    {"Compare with the outputs that such a folder has.", "hasten run model.onnx --check test_data_set_0"},
};

constexpr std::string_view kDoc =
    R"(zoo:NAME is a well-known topology with generated weights, to try and to measure without a file; 'hasten
inspect zoo:' lists the names.

Without any input, inputs are made up from --seed: floats between 0 and 1, integers 0 or 1; dimensions that
the model leaves open are 1 unless --shape tells.

An input file is known by its extension, or by what it begins with. A list of several in one file (.npz, JSON) goes
to the inputs of their names. JSON is a nested list, {"shape", "dtype", "data"}, {"NAME": ...} for several, or
{"inputs": [...]} as KServe has it; NaN and Infinity may be strings. The length that a raw file or a text leaves
open follows from its size. Files given for one input beyond the first are joined along the first axis.

A sound (WAV, FLAC, Ogg, AIFF) becomes the mean of its channels between -1 and 1 at --sample-rate; an input of fixed
length gets its beginning, or silence after it. What was done is printed.

A picture becomes an input like this: it is decoded as RGB (or gray, for one channel), resized to the model's
size (without keeping its proportions, unless --crop or --resize-to is given), and each pixel becomes (pixel *
scale - mean) / std. What is not given by flags comes from the model's metadata "hasten.image", a JSON object
with the keys color, resize, layout, crop, resize_to, scale, mean and std; else floats get the scale 1/255 and,
for three channels, ImageNet's mean 0.485,0.456,0.406 and deviation 0.229,0.224,0.225; integers get pixels as
they are (int8: less 128). Where one of scale, mean and std is given, the other two are not ImageNet's but
1/255, 0 and 1. Whether channels come first or last follows from the input's shape. What was done is printed.

A plan file, which 'hasten plan -o' writes, starts at once, with as many threads as it was made for unless
--threads says more; its precision is that of the plan. On another machine, or by another version, it is
planned again, and a note says so.

Classes are ranked when --top or --labels is given, or when a picture's first output is a row of scores.
Softmax is applied unless the scores are probabilities already; which of the two is printed.

--draw knows detectors by the shapes of their outputs and some values in them: YOLO of several kinds, before and
after suppression, SSD and its kin, RetinaFace, YuNet; and maps, whose classes tint the picture. What was
recognised is printed, and with --json boxes are listed in pixels of the picture.

--check passes an element if |actual - expected| <= atol + rtol * |expected|; NaN equals NaN; integers, bools
and strings must be equal.

--verify holds each kernel to its own bound: the largest error over the largest element of the reference's
output, in units of rounding of the type. Steps on the outputs of others get the same inputs in both ways, so
that errors do not add up, and the first step that is wrong is the one named.

--max-memory counts weights, inputs, values between nodes, scratch memory and outputs, all that lives at once,
and what is decompressed on the way in; unless it is given, the limit is the machine's or the cgroup's memory.
--timeout is that of each run, and of planning, whose timing of kernels keeps to it.

Exit status: 0 done, 1 bad input or a difference, 2 wrong usage, 3 a limit of memory or time was reached.)";

}  // namespace

extern const Command kRun = {
    .name = "run",
    .summary = "run a model on files, a picture or made-up inputs",
    .doc = kDoc,
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
