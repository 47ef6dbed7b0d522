#include "cli/layered_layout.h"

namespace hasten::cli {
namespace {

constexpr double kGapX = 24, kGapY = 40, kMargin = 12;
constexpr int kOrderSweeps = 12, kPlaceSweeps = 24;

// A box, or a point where an edge passes through a layer.
struct Item {
  double width = 0, height = 0, x = 0;
  size_t layer = 0, place = 0;
  std::vector<size_t> above, below;
  bool passing = false;
  bool aside = false;  // nothing but sources of its own lead to it: constants on their way
};
constexpr double kAside = 0.05;  // what such items weigh, so that the others stand in line

class Sugiyama {
 public:
  Sugiyama(const std::vector<LayoutBox>& boxes, const std::vector<LayoutEdge>& edges) : boxes_(boxes), edges_(edges) {
    for (const LayoutBox& b : boxes) items_.push_back({b.width, b.height});
    AssignLayers();
    Route();
    for (size_t i = 0; i < items_.size(); ++i) {
      if (layers_.size() <= items_[i].layer) layers_.resize(items_[i].layer + 1);
      layers_[items_[i].layer].push_back(i);
    }
    for (const auto& layer : layers_) Number(layer);
  }

  Layout Run() {
    Order();
    Place();
    return Result();
  }

 private:
  void AssignLayers() {
    std::vector<std::vector<size_t>> next(boxes_.size());
    std::vector<size_t> waits(boxes_.size()), ready;
    for (const LayoutEdge& e : edges_) {
      next[e.from].push_back(e.to);
      ++waits[e.to];
    }
    for (size_t i = 0; i < boxes_.size(); ++i)
      if (waits[i] == 0) ready.push_back(i);
    std::vector<size_t> order;
    while (!ready.empty()) {
      const size_t i = ready.back();
      ready.pop_back();
      order.push_back(i);
      for (const size_t j : next[i]) {
        items_[j].layer = std::max(items_[j].layer, items_[i].layer + 1);
        if (--waits[j] == 0) ready.push_back(j);
      }
    }
    Sink(order, next);
  }

  // What nothing leads to but constants, so to speak, stands right above what it leads to: nodes that may stand lower,
  // as all may that lead to them.
  void Sink(const std::vector<size_t>& order, const std::vector<std::vector<size_t>>& next) {
    const auto lowest = [&](size_t i, const std::vector<size_t>& layer) {
      size_t first = next[i].empty() ? items_[i].layer + 1 : layer[next[i][0]];
      for (const size_t j : next[i]) first = std::min(first, layer[j]);
      return first - 1;
    };
    std::vector<size_t> late(boxes_.size());
    for (size_t k = order.size(); k-- > 0;) late[order[k]] = lowest(order[k], late);
    std::vector<bool> floats(boxes_.size(), true);
    for (const size_t i : order) {
      if (late[i] == items_[i].layer) floats[i] = false;
      for (const size_t j : next[i])
        if (!floats[i]) floats[j] = false;
    }
    std::vector<size_t> settled(boxes_.size());
    for (size_t k = order.size(); k-- > 0;) {
      const size_t i = order[k];
      items_[i].aside = floats[i];
      items_[i].layer = settled[i] = floats[i] ? lowest(i, settled) : items_[i].layer;
    }
  }

  // Passing points, one for each layer that an edge skips.
  void Route() {
    for (const LayoutEdge& e : edges_) {
      std::vector<size_t> route{e.from};
      for (size_t layer = items_[e.from].layer + 1; layer < items_[e.to].layer; ++layer) {
        route.push_back(items_.size());
        Item& point = items_.emplace_back();
        point.layer = layer;
        point.passing = true;
      }
      route.push_back(e.to);
      for (size_t i = 0; i + 1 < route.size(); ++i) {
        items_[route[i]].below.push_back(route[i + 1]);
        items_[route[i + 1]].above.push_back(route[i]);
      }
      routes_.push_back(std::move(route));
    }
  }

  void Number(const std::vector<size_t>& layer) {
    for (size_t p = 0; p < layer.size(); ++p) items_[layer[p]].place = p;
  }

  // The mean place of the neighbours; items without any stay.
  void SortLayer(std::vector<size_t>* layer, bool down) {
    std::vector<std::pair<double, size_t>> keyed;
    for (const size_t i : *layer) {
      const auto& others = down ? items_[i].above : items_[i].below;
      double sum = 0;
      for (const size_t j : others) sum += static_cast<double>(items_[j].place);
      keyed.emplace_back(
          others.empty() ? static_cast<double>(items_[i].place) : sum / static_cast<double>(others.size()), i);
    }
    std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t p = 0; p < keyed.size(); ++p) (*layer)[p] = keyed[p].second;
    Number(*layer);
  }

  // Crossings between a layer and the next: inversions, counted with a Fenwick tree.
  int64_t CrossingsBelow(size_t l) const {
    std::vector<std::pair<size_t, size_t>> pairs;
    for (const size_t i : layers_[l])
      for (const size_t j : items_[i].below) pairs.emplace_back(items_[i].place, items_[j].place);
    std::sort(pairs.begin(), pairs.end());
    std::vector<int64_t> tree(layers_[l + 1].size() + 1);
    int64_t crossings = 0, seen = 0;
    for (const auto& [from, to] : pairs) {
      int64_t before = 0;
      for (size_t k = to + 1; k > 0; k -= k & (~k + 1)) before += tree[k];
      crossings += seen++ - before;
      for (size_t k = to + 1; k < tree.size(); k += k & (~k + 1)) ++tree[k];
    }
    return crossings;
  }

  int64_t Crossings() const {
    int64_t sum = 0;
    for (size_t l = 0; l + 1 < layers_.size(); ++l) sum += CrossingsBelow(l);
    return sum;
  }

  void Order() {
    auto best = layers_;
    int64_t fewest = Crossings();
    for (int sweep = 0; sweep < kOrderSweeps && fewest > 0; ++sweep) {
      const bool down = sweep % 2 == 0;
      for (size_t k = 1; k < layers_.size(); ++k) SortLayer(&layers_[down ? k : layers_.size() - 1 - k], down);
      if (const int64_t now = Crossings(); now < fewest) {
        fewest = now;
        best = layers_;
      }
    }
    layers_ = std::move(best);
    for (const auto& layer : layers_) Number(layer);
  }

  double Spacing(size_t left, size_t right) const {
    const bool both_pass = items_[left].passing && items_[right].passing;
    return (items_[left].width + items_[right].width) / 2 + (both_pass ? kGapX / 2 : kGapX);
  }

  double MeanX(const std::vector<size_t>& others) const {
    double sum = 0, weights = 0;
    for (const size_t j : others) {
      const double weight = items_[j].aside ? kAside : 1;
      sum += weight * items_[j].x;
      weights += weight;
    }
    return sum / weights;
  }

  // The places nearest to those wished for, in the least-squares sense, that keep order and spacing: wishes less the
  // spacing so far must rise, which pooling adjacent violators does.
  void PlaceLayer(const std::vector<size_t>& layer, bool down) {
    struct Pool {
      double sum, weight;
      size_t count;
      double mean() const { return sum / weight; }
    };
    std::vector<Pool> pools;
    std::vector<double> offsets;
    double offset = 0;
    for (size_t p = 0; p < layer.size(); ++p) {
      const Item& item = items_[layer[p]];
      if (p > 0) offset += Spacing(layer[p - 1], layer[p]);
      offsets.push_back(offset);
      const auto& others = down ? item.above : item.below;
      const double wish = others.empty() ? item.x : MeanX(others);
      const double line = item.passing ? 8 : 1;  // long edges run straight
      const double weight = item.aside || others.empty() ? kAside : line;
      pools.push_back({(wish - offset) * weight, weight, 1});
      while (pools.size() > 1 && pools[pools.size() - 2].mean() > pools.back().mean()) {
        const Pool last = pools.back();
        pools.pop_back();
        pools.back().sum += last.sum;
        pools.back().weight += last.weight;
        pools.back().count += last.count;
      }
    }
    size_t p = 0;
    for (const Pool& pool : pools)
      for (size_t k = 0; k < pool.count; ++k, ++p) items_[layer[p]].x = pool.mean() + offsets[p];
  }

  void Place() {
    for (const auto& layer : layers_) {
      double x = 0;
      for (size_t p = 0; p < layer.size(); ++p) {
        if (p > 0) x += Spacing(layer[p - 1], layer[p]);
        items_[layer[p]].x = x;
      }
    }
    for (int sweep = 0; sweep < kPlaceSweeps; ++sweep) {
      const bool down = sweep % 2 == 0;
      for (size_t k = 0; k < layers_.size(); ++k) PlaceLayer(layers_[down ? k : layers_.size() - 1 - k], down);
    }
  }

  Layout Result() const {
    Layout out;
    double left = 0, right = 0;
    bool first = true;
    for (const Item& item : items_) {
      left = first ? item.x - item.width / 2 : std::min(left, item.x - item.width / 2);
      right = first ? item.x + item.width / 2 : std::max(right, item.x + item.width / 2);
      first = false;
    }
    std::vector<double> middle, half;
    double y = kMargin;
    for (const auto& layer : layers_) {
      double height = 0;
      for (const size_t i : layer) height = std::max(height, items_[i].height);
      middle.push_back(y + height / 2);
      half.push_back(height / 2);
      y += height + kGapY;
    }
    const double shift = kMargin - left;
    for (size_t i = 0; i < boxes_.size(); ++i) out.centers.push_back({items_[i].x + shift, middle[items_[i].layer]});
    for (const std::vector<size_t>& route : routes_) {
      std::vector<LayoutPoint> points;
      for (size_t k = 0; k < route.size(); ++k) {
        const Item& item = items_[route[k]];
        const double at = middle[item.layer], reach = item.passing ? half[item.layer] : item.height / 2;
        if (k > 0) points.push_back({item.x + shift, at - reach});
        if (k + 1 < route.size()) points.push_back({item.x + shift, at + reach});
      }
      out.routes.push_back(std::move(points));
    }
    out.width = right - left + 2 * kMargin;
    out.height = std::max(y - kGapY, kMargin) + kMargin;
    return out;
  }

  const std::vector<LayoutBox>& boxes_;
  const std::vector<LayoutEdge>& edges_;
  std::vector<Item> items_;
  std::vector<std::vector<size_t>> routes_;  // items of each edge
  std::vector<std::vector<size_t>> layers_;  // items from left to right
};

}  // namespace

Layout LayeredLayout(const std::vector<LayoutBox>& boxes, const std::vector<LayoutEdge>& edges) {
  return Sugiyama(boxes, edges).Run();
}

}  // namespace hasten::cli
