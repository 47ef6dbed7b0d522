// The same op as a plug-in: hasten run scale_shift.ir --plugins ./libscale_shift.so
#include "scale_shift.h"

HASTEN_PLUGIN hasten_error* hasten_plugin(hasten_catalog* catalog) {
  return hasten::detail::Raise(hasten::AddOp(catalog, ScaleShift()));
}
