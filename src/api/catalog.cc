#include <dlfcn.h>

#include "api/custom_op.h"

namespace hasten::api {

std::shared_ptr<const OpSet> NoOps() {
  static const auto none = std::make_shared<const OpSet>(std::vector<std::shared_ptr<const CustomOp>>());
  return none;
}

std::shared_ptr<const OpSet> OpsOf(const hasten_catalog* catalog) {
  if (!catalog || catalog->custom.empty()) return NoOps();
  return std::make_shared<const OpSet>(catalog->custom);
}

namespace {

Status Add(hasten_catalog* catalog, const hasten_op& op) {
  HASTEN_TRY(CheckOp(op));
  for (const auto& other : catalog->custom)
    if (other->domain == op.domain && other->type == op.name)
      return Misuse(other->name, " is in the catalogue already");
  catalog->custom.reserve(catalog->custom.size() + 1);  // nothing fails once the op has its user data
  auto made = std::make_shared<CustomOp>(op);
  made->library = catalog->loading;
  made->record.free_user_data = op.free_user_data;
  catalog->custom.push_back(std::move(made));
  return {};
}

std::string LastLinkerError() {
  const char* why = dlerror();
  return why ? why : "unknown error of the dynamic linker";
}

Status LoadPlugin(hasten_catalog* catalog, const std::string& path) {
  // A name without a slash would be looked for in the system's folders.
  const std::string file = path.find('/') == std::string::npos ? Str("./", path) : path;
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) return Status(Code::kNotFound, LastLinkerError()).At(path);
  const std::shared_ptr<const void> library(handle, [](const void* h) { dlclose(const_cast<void*>(h)); });
  void* symbol = dlsym(handle, "hasten_plugin");
  if (!symbol) return Status(Code::kInvalidArgument, "exports no function hasten_plugin").At(path);
  catalog->loading = library;
  const size_t before = catalog->custom.size();
  Status status;
  try {
    status = StatusOf(reinterpret_cast<hasten_plugin_function>(symbol)(catalog));
  } catch (...) {
    status = Status(Code::kInternal, "hasten_plugin threw");
  }
  catalog->loading.reset();
  if (!status.ok()) catalog->custom.resize(before);  // all of a plug-in or nothing
  return std::move(status).At(path);
}

}  // namespace
}  // namespace hasten::api

using namespace hasten;  // NOLINT: the C functions below lie outside of it
using api::Guard;

hasten_error* hasten_catalog_create(hasten_catalog** out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(out);
    *out = new hasten_catalog;
    return {};
  });
}

hasten_error* hasten_catalog_add(hasten_catalog* catalog, const hasten_op* op) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(catalog);
    HASTEN_NOT_NULL(op);
    hasten_op known;
    HASTEN_TRY(api::ReadOptions(op, "hasten_op", &known));
    return api::Add(catalog, known);
  });
}

hasten_error* hasten_catalog_load_plugin(hasten_catalog* catalog, const char* path) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(catalog);
    HASTEN_NOT_NULL(path);
    return api::LoadPlugin(catalog, path);
  });
}

size_t hasten_catalog_count(const hasten_catalog* catalog) { return catalog ? catalog->custom.size() : 0; }
void hasten_catalog_free(hasten_catalog* catalog) { delete catalog; }
