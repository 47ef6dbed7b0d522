/* Names what is in a picture, in C: classify MODEL LABELS PIXELS
 *
 * PIXELS is the model's input as raw floats. */
#include <hasten/hasten.h>
#include <stdio.h>
#include <stdlib.h>

enum { kValues = 3 * 64 * 64, kLabels = 20 };

static void check(hasten_error* error) {
  if (!error) return;
  fprintf(stderr, "classify: %s\n", hasten_error_message(error));
  hasten_error_free(error);
  exit(1);
}

int main(int argc, char** argv) {
  static float pixels[kValues], logits[kLabels];
  static char labels[kLabels][64];
  const int64_t image_shape[] = {1, 3, 64, 64}, logits_shape[] = {1, kLabels};
  if (argc != 4) return fprintf(stderr, "usage: classify MODEL LABELS PIXELS\n"), 2;
  FILE* file = fopen(argv[3], "rb");
  if (!file || fread(pixels, sizeof *pixels, kValues, file) != kValues) return fprintf(stderr, "no pixels\n"), 1;
  fclose(file);
  file = fopen(argv[2], "r");
  for (int i = 0; file && i < kLabels; ++i)
    if (fscanf(file, " %63[^\n]", labels[i]) != 1) break;
  if (file) fclose(file);

  hasten_model* model = NULL;
  hasten_plan* plan = NULL;
  hasten_executor* executor = NULL;
  check(hasten_model_load(argv[1], NULL, &model));
  check(hasten_plan_create(model, NULL, &plan));
  check(hasten_executor_create(plan, NULL, &executor));

  const hasten_argument image = {.name = "image",
                                 .tensor = {.data = pixels, .dtype = HASTEN_F32, .ndim = 4, .shape = image_shape}};
  const hasten_argument scores = {.name = "logits",
                                  .tensor = {.data = logits, .dtype = HASTEN_F32, .ndim = 2, .shape = logits_shape}};
  check(hasten_run(executor, &image, 1, &scores, 1, NULL, NULL));

  int best = 0;
  for (int i = 1; i < kLabels; ++i)
    if (logits[i] > logits[best]) best = i;
  printf("%s\n", labels[best]);
  hasten_executor_free(executor);
  hasten_plan_free(plan);
  hasten_model_free(model);
  return 0;
}
