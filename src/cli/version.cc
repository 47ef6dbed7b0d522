#include <fmt/format.h>
#include <jconfig.h>
#include <rapidjson/rapidjson.h>
#include <samplerate.h>
#include <spng.h>
#include <utf8proc.h>
#include <xxhash.h>

#include <CLI/CLI.hpp>
#include <protozero/version.hpp>

#include "cli/command.h"
#include "cli/machine.h"
#include "cli/report.h"
#include "kernels/cpu/simd.h"
// After simd.h, which says what is compiled.
#include <hwy/highway.h>

namespace hasten::cli {
namespace {

#ifdef __clang__
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "g++ " __VERSION__;
#endif

struct Library {
  std::string_view name;
  std::string version;  // of the shared object that was loaded; of a header or one loaded when needed, as compiled
};

std::string Dotted(unsigned n, unsigned radix) {
  return Str(n / radix / radix, ".", n / radix % radix, ".", n % radix);
}

std::string AfterDash(std::string_view text) {  // "libsamplerate-0.2.2"
  text = text.substr(text.find('-') + 1);
  return std::string(text.substr(0, text.find(' ')));
}

std::vector<Library> Libraries() {
  return {{"CLI11", CLI11_VERSION},
          {"fmt", Dotted(FMT_VERSION, 100)},
          {"Highway", Str(HWY_MAJOR, ".", HWY_MINOR, ".", HWY_PATCH)},
          {"libjpeg-turbo", Dotted(LIBJPEG_TURBO_VERSION_NUMBER, 1000)},
          {"libsamplerate", AfterDash(src_get_version())},
          {"libsndfile", HASTEN_SNDFILE_VERSION},
          {"libspng", spng_version_string()},
          {"libzip", HASTEN_ZIP_VERSION},
          {"protozero", PROTOZERO_VERSION_STRING},
          {"RapidJSON", RAPIDJSON_VERSION_STRING},
          {"utf8proc", utf8proc_version()},
          {"xxHash", Dotted(XXH_versionNumber(), 100)}};
}

std::function<Status()> Define(CLI::App* app) {
  const auto json = std::make_shared<bool>(false);
  app->add_flag("--json", *json, "Print one JSON object instead of text");
  return [json]() -> Status {
    Report report(*json, /*quiet=*/false);
    const std::string isa = ThisMachine().isa;
    report.Line(Str("hasten ", Version()));
    report.Line(Str("compiler    ", kCompiler));
    report.Line(Str("isa         ", isa));
    std::vector<std::string> texts;
    for (const Library& l : Libraries()) texts.push_back(Str(l.name, " ", l.version));
    report.Line(Str("libraries   ", Join(texts, ", ")));
    report.Fact([isa](JsonWriter* writer) {
      WriteField(writer, "version", Version());
      WriteField(writer, "compiler", kCompiler);
      WriteField(writer, "isa", isa);
      WriteKey(writer, "libraries");
      writer->StartObject();
      for (const Library& l : Libraries()) WriteField(writer, l.name, l.version);
      writer->EndObject();
    });
    report.Print();
    return {};
  };
}

constexpr Example kExamples[] = {
    {"What a bug report should say.", "hasten version"},
    {"For scripts.", "hasten version --json"},
};

}  // namespace

extern const Command kVersion = {
    .name = "version",
    .summary = "print the version, the compiler, the instruction set and the libraries",
    .doc = "'hasten --version' prints the first line alone.",
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
