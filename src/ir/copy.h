// Copies of models.
#pragma once
#include <memory>

#include "ir/graph.h"

namespace hasten {

// All of it but `notes`.  Ids are kept, constants shared.
std::unique_ptr<Model> CopyOf(const Model& model);

}  // namespace hasten
