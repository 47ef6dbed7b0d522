// Names what is in a picture: image_classification MODEL PICTURE.IR LABELS PICTURE
//
// picture.ir turns a file of JPEG, PNG or BMP into the model's input: decoded, resized, normalised.
#include <cstdio>
#include <fstream>
#include <hasten/hasten.hpp>
#include <iterator>

int main(int, char** argv) {
  std::ifstream file(argv[4], std::ios::binary), names(argv[3]);
  std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::string> labels;
  for (std::string line; std::getline(names, line);) labels.push_back(line);

  auto image = hasten::Load(argv[2]).value().Run({hasten::Tensor::Of(bytes)}).value()[0];
  auto logits = hasten::Load(argv[1]).value().Run({image}).value()[0];
  auto scores = logits.As<float>().value();
  for (size_t i : hasten::Top(scores, 5)) std::printf("%8.3f  %s\n", double(scores[i]), labels[i].c_str());
}
