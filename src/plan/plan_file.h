// Plans in files, to be mapped: the optimised graph, what was chosen for its steps, constants as they are and as they
// were packed (docs/formats/plan.md).
#pragma once
#include "plan/assemble.h"
#include "plan/sections.h"

namespace hasten {

// Replaces the file by renaming.  Errors: it cannot be written.
Status SavePlan(const Plan& plan, const std::string& path);
// The file's bytes; constants are copied into them.
std::string PlanBytes(const Plan& plan);

// Whether the file begins as a plan does.
bool IsPlanFile(const std::string& path);

struct LoadedPlan {
  std::shared_ptr<const Plan> plan;
  bool planned_again = false;  // the first of the plan's notes says why
};

// An opened plan file.  What is loaded from it shares the file's memory and keeps it mapped.
class PlanFile {
 public:
  // Checks everything but the weights' contents.  Errors begin with the path and name the section.
  static Result<PlanFile> Open(const std::string& path);
  // The same of bytes in memory, which `owner` keeps; copied where they are not aligned to kSectionAlign.
  static Result<PlanFile> Of(std::shared_ptr<const void> owner, std::string_view bytes);

  // Reads all of the weights: kDataLoss if they are not those that were written.
  Status VerifyWeights() const;
  // The graph as it was planned, with its constants in the file.
  Result<std::unique_ptr<Model>> LoadModel(const Catalog& catalog) const;
  // The plan, if it was made by this version for this machine and its tactics are here, else the graph planned again.
  // States, shapes and liberties with rounding are those that the plan was made with; the rest of `options` counts.
  Result<LoadedPlan> Load(PlanOptions options) const;

  const std::string& path() const { return path_; }
  const std::string& version() const { return version_; }
  const std::string& machine() const { return machine_; }
  const PlanSettings& settings() const { return settings_; }

 private:
  Status ReadAll();
  Status ReadSettings();
  Status ReadTensors();
  Status ReadChoices(const PlanOptions& options, StoredChoices* choices) const;
  Status ReadRecord(Plan* plan) const;
  Result<std::shared_ptr<const Plan>> Assemble(std::shared_ptr<const Model> model, const PlanOptions& options) const;
  Result<const Section*> Find(std::string_view name) const;
  Result<std::string_view> Text(std::string_view name) const;
  Result<Tensor> View(std::string_view section, Tensor typed, uint64_t offset) const;

  std::string path_ = "plan", version_, machine_;
  std::shared_ptr<const void> owner_;
  std::vector<Section> sections_;
  PlanSettings settings_;
  std::vector<StateBinding> states_;
  std::vector<Tensor> tensors_;  // u8, one per numbered constant of the graph
};

}  // namespace hasten
