// How alike sentences are: text_embedding MODEL SENTENCE SENTENCE...
//
// The model takes ids i64[B,T] and mask f32[B,T] and gives a unit vector for each row.  Sentences of different lengths
// go in as one batch.  embedding.ir here is a bag of words whose weights are random: it knows words, not meanings.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <hasten/hasten.hpp>
#include <sstream>

namespace {

// A word's number is its hash (FNV-1a).
std::vector<int64_t> Tokens(const std::string& sentence) {
  std::vector<int64_t> ids;
  std::istringstream words(sentence);
  for (std::string word; words >> word;) {
    uint32_t hash = 2166136261u;
    for (char c : word)
      if (std::isalnum(static_cast<unsigned char>(c)))
        hash = (hash ^ static_cast<uint32_t>(std::tolower(static_cast<unsigned char>(c)))) * 16777619u;
    ids.push_back(hash % 4096);
  }
  return ids;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: text_embedding MODEL SENTENCE SENTENCE...\n"), 2;
  std::vector<std::vector<int64_t>> sentences;
  size_t longest = 1;
  for (int i = 2; i < argc; ++i) {
    sentences.push_back(Tokens(argv[i]));
    longest = std::max(longest, sentences.back().size());
  }
  const auto rows = static_cast<int64_t>(sentences.size()), length = static_cast<int64_t>(longest);
  std::vector<int64_t> ids(sentences.size() * longest);
  std::vector<float> mask(ids.size());
  for (size_t r = 0; r < sentences.size(); ++r)
    for (size_t t = 0; t < sentences[r].size(); ++t) ids[r * longest + t] = sentences[r][t], mask[r * longest + t] = 1;

  auto executor = hasten::Load(argv[1]);
  if (!executor) return std::fprintf(stderr, "%s\n", executor.error().message.c_str()), 1;
  auto outputs = executor->Run(
      {{"ids", hasten::Tensor::Of(ids, {rows, length})}, {"mask", hasten::Tensor::Of(mask, {rows, length})}});
  if (!outputs) return std::fprintf(stderr, "%s\n", outputs.error().message.c_str()), 1;
  const hasten::Value embedding = (*outputs)["embedding"];
  const auto v = embedding.As<float>().value();
  const size_t width = v.size() / sentences.size();
  for (size_t a = 0; a < sentences.size(); ++a)
    for (size_t b = a + 1; b < sentences.size(); ++b) {
      float cosine = 0;
      for (size_t i = 0; i < width; ++i) cosine += v[a * width + i] * v[b * width + i];
      std::printf("%6.3f  '%s' and '%s'\n", static_cast<double>(cosine), argv[a + 2], argv[b + 2]);
    }
}
