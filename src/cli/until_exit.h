// What ends with the process: taking it apart first would be a tenth of a short command's time.
#pragma once
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace hasten::cli {

// Keeps an object alive until the process ends, without destroying it then.  Only for memory: files and threads that
// must be finished are not to be kept so.  Any thread may call it.
template <class T>
void KeepUntilExit(T object) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::unique_ptr<T>>;  // reachable to the end: no leak
  const std::scoped_lock lock(mutex);
  kept->push_back(std::make_unique<T>(std::move(object)));
}

}  // namespace hasten::cli
