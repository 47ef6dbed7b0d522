#include <map>
#include <unordered_map>

#include "ops/op.h"

namespace hasten::ops {
namespace {

struct TfIdfVectorizerAttrs {
  std::string mode;
  std::optional<int64_t> min_gram_length, max_gram_length, max_skip_count;
  std::vector<int64_t> ngram_counts, ngram_indexes, pool_int64s;
  std::vector<std::string> pool_strings;
  std::vector<float> weights;
};
using A = TfIdfVectorizerAttrs;
constexpr AttrField kFields[] = {Field<&A::mode>("mode"),
                                 Field<&A::min_gram_length>("min_gram_length"),
                                 Field<&A::max_gram_length>("max_gram_length"),
                                 Field<&A::max_skip_count>("max_skip_count"),
                                 Field<&A::ngram_counts>("ngram_counts"),
                                 Field<&A::ngram_indexes>("ngram_indexes"),
                                 Field<&A::pool_int64s>("pool_int64s"),
                                 Field<&A::pool_strings>("pool_strings"),
                                 Field<&A::weights>("weights")};

constexpr int64_t kMaxColumns = int64_t{1} << 31;

int64_t Columns(const A& a) { return *std::max_element(a.ngram_indexes.begin(), a.ngram_indexes.end()) + 1; }
size_t PoolSize(const A& a) { return a.pool_strings.empty() ? a.pool_int64s.size() : a.pool_strings.size(); }

Status CheckAttrs(const A& a) {
  HASTEN_REQUIRE(a.mode == "TF" || a.mode == "IDF" || a.mode == "TFIDF", "attribute mode must be TF, IDF or TFIDF, is ",
                 Quote(a.mode));
  HASTEN_REQUIRE(a.min_gram_length && a.max_gram_length && a.max_skip_count,
                 "must have the attributes min_gram_length, max_gram_length and max_skip_count");
  HASTEN_REQUIRE(*a.min_gram_length >= 1 && *a.max_gram_length >= *a.min_gram_length,
                 "n-grams must have lengths 1 <= min <= max, have ", *a.min_gram_length, " and ", *a.max_gram_length);
  HASTEN_REQUIRE(*a.max_skip_count >= 0, "attribute max_skip_count must be >= 0, is ", *a.max_skip_count);
  HASTEN_REQUIRE(a.pool_strings.empty() != a.pool_int64s.empty(),
                 "must have one of the attributes pool_strings and pool_int64s");
  HASTEN_REQUIRE(!a.ngram_indexes.empty(), "must have the attribute ngram_indexes");
  for (int64_t i : a.ngram_indexes)
    HASTEN_REQUIRE(i >= 0 && i < kMaxColumns, "attribute ngram_indexes must hold columns >= 0, holds ", i);
  HASTEN_REQUIRE(a.weights.empty() || a.weights.size() == a.ngram_indexes.size(), "attribute weights must have ",
                 a.ngram_indexes.size(), " entries, has ", a.weights.size());
  const auto pool = static_cast<int64_t>(PoolSize(a));
  int64_t grams = 0;
  for (size_t k = 0; k < a.ngram_counts.size(); ++k) {
    const int64_t begin = a.ngram_counts[k], end = k + 1 < a.ngram_counts.size() ? a.ngram_counts[k + 1] : pool;
    const auto n = static_cast<int64_t>(k) + 1;
    HASTEN_REQUIRE(begin >= 0 && begin <= end && end <= pool,
                   "attribute ngram_counts must ascend up to the pool's size ", pool);
    HASTEN_REQUIRE((end - begin) % n == 0, "the pool's ", n, "-grams must be a multiple of ", n, " entries, are ",
                   end - begin);
    grams += (end - begin) / n;
  }
  HASTEN_REQUIRE(grams <= static_cast<int64_t>(a.ngram_indexes.size()), "attribute ngram_indexes must have ", grams,
                 " entries, has ", a.ngram_indexes.size());
  return {};
}

// The pool's n-grams as lists of token numbers, and which entry of ngram_indexes each has.
struct Vocabulary {
  std::unordered_map<std::string, int64_t> words;
  std::map<std::vector<int64_t>, size_t> grams;
};

Vocabulary Read(const A& a) {
  Vocabulary v;
  for (const std::string& s : a.pool_strings) v.words.emplace(s, static_cast<int64_t>(v.words.size()));
  const auto token = [&](size_t i) {
    return a.pool_strings.empty() ? a.pool_int64s[i] : v.words.at(a.pool_strings[i]);
  };
  size_t id = 0;
  for (size_t k = 0; k < a.ngram_counts.size(); ++k) {
    const auto begin = static_cast<size_t>(a.ngram_counts[k]);
    const size_t end = k + 1 < a.ngram_counts.size() ? static_cast<size_t>(a.ngram_counts[k + 1]) : PoolSize(a);
    for (size_t at = begin; at < end; at += k + 1, ++id) {
      std::vector<int64_t> gram;
      for (size_t i = 0; i <= k; ++i) gram.push_back(token(at + i));
      v.grams.emplace(std::move(gram), id);
    }
  }
  return v;
}

// counts[id] of one row's n-grams of every wanted length and distance between tokens.
void CountGrams(const A& a, const Vocabulary& v, std::span<const int64_t> row, std::span<double> counts) {
  const auto size = static_cast<int64_t>(row.size());
  const int64_t longest = std::min<int64_t>(*a.max_gram_length, static_cast<int64_t>(a.ngram_counts.size()));
  const int64_t distances = std::min(*a.max_skip_count, size) + 1;
  for (int64_t distance = 1; distance <= distances; ++distance)
    for (int64_t start = 0; start < size; ++start) {
      std::vector<int64_t> gram;
      for (int64_t n = 1; n <= longest && start + (n - 1) * distance < size; ++n) {
        gram.push_back(row[static_cast<size_t>(start + (n - 1) * distance)]);
        if (n < *a.min_gram_length || (n == 1 && distance > 1)) continue;
        if (const auto hit = v.grams.find(gram); hit != v.grams.end()) counts[hit->second] += 1;
      }
    }
}

Status Infer(InferCall& c) {
  const auto& attrs = c.attrs<A>();
  HASTEN_TRY(CheckAttrs(attrs));
  HASTEN_TRY(c.RequireTensor(0));
  const DType dtype = c.dtype(0);
  HASTEN_REQUIRE(dtype == DType::kNone || (dtype == DType::kString) == !attrs.pool_strings.empty(), "input must be of ",
                 attrs.pool_strings.empty() ? "integers" : "strings", " as the pool is, is ", c.type(0));
  Shape shape = c.shape(0);
  if (shape.ranked()) {
    HASTEN_REQUIRE(shape.rank() == 1 || shape.rank() == 2, "input must have shape [C] or [N,C], has ", shape);
    shape[shape.rank() - 1] = Columns(attrs);
  }
  c.Out(0, DType::kF32, std::move(shape));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& attrs = c.attrs<A>();
  const Tensor& x = c.input(0);
  const Vocabulary vocabulary = Read(attrs);
  std::vector<int64_t> tokens;
  if (x.dtype == DType::kString) {
    for (int64_t i = 0; i < x.elements(); ++i) {
      const auto word = vocabulary.words.find(x.string(i));
      tokens.push_back(word == vocabulary.words.end() ? -1 : word->second);
    }
  } else {
    tokens = ToInts(x);
  }
  const int64_t rows = x.dims.rank() == 2 ? x.dims[0] : 1, columns = Columns(attrs);
  const auto width = static_cast<size_t>(x.dims.back());
  const bool binary = attrs.mode == "IDF", weighted = attrs.mode != "TF" && !attrs.weights.empty();
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(columns));
  std::vector<double> counts(attrs.ngram_indexes.size());
  for (int64_t r = 0; r < rows; ++r) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    std::fill(counts.begin(), counts.end(), 0);
    std::fill(y.begin(), y.end(), 0);
    CountGrams(attrs, vocabulary, std::span(tokens).subspan(static_cast<size_t>(r) * width, width), counts);
    for (size_t id = 0; id < counts.size(); ++id) {
      const double count = binary ? std::min(counts[id], 1.0) : counts[id];
      y[static_cast<size_t>(attrs.ngram_indexes[id])] +=
          count * (weighted ? static_cast<double>(attrs.weights[id]) : 1);
    }
    WriteDoubles(&c.output(0), r * columns, y);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}};

std::vector<NamedAttr> Grams(std::string mode, int64_t shortest, int64_t longest, int64_t skip) {
  return {{"mode", std::move(mode)},
          {"min_gram_length", shortest},
          {"max_gram_length", longest},
          {"max_skip_count", skip},
          {"ngram_counts", std::vector<int64_t>{0, 3}},
          {"ngram_indexes", std::vector<int64_t>{4, 0, 1, 2, 5}},
          {"pool_int64s", std::vector<int64_t>{2, 3, 5, 2, 3, 3, 5}},
          {"weights", std::vector<float>{2, 3, 5, 7, 11}}};
}

std::vector<Sample> Samples() {
  const SampleInput x{DType::kI64, {2, 6}, 0, 0, {2, 3, 5, 2, 3, 5, 3, 9, 5, 3, 5, 2}};
  return {{"counts", {x}, Grams("TF", 1, 2, 0)},
          {"bigrams only, skips", {x}, Grams("TF", 2, 2, 3)},
          {"weights of what occurs", {x}, Grams("IDF", 1, 2, 1)},
          {"weighted counts of one row", {{DType::kI32, {7}, 2, 5}}, Grams("TFIDF", 1, 1, 5)},
          {"empty row", {{DType::kI64, {0}}}, Grams("TF", 1, 2, 0)}};
}

}  // namespace

extern const OpDef kTfIdfVectorizer = {
    .name = "TfIdfVectorizer",
    .doc =
        "How often the pool's n-grams occur in x [C] or [N,C] with 0 to max_skip_count tokens skipped between "
        "neighbours (TF), whether (IDF, times weights), or how often times weights (TFIDF). n-gram i of the pool "
        "counts in "
        "column ngram_indexes[i] of y: f32 [columns] or [N, columns].",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"", "TfIdfVectorizer", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
