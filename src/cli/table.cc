#include "cli/table.h"

#include <algorithm>

namespace hasten::cli {
namespace {

bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }  // a character of UTF-8

size_t Width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !Continues(c); }));
}

std::string Shortened(const std::string& text, size_t widest) {
  if (Width(text) <= widest) return text;
  size_t end = 0;
  for (size_t shown = 0; end < text.size() && shown + 3 < widest; ++shown)
    while (++end < text.size() && Continues(text[end])) {
    }
  return text.substr(0, end) + "...";
}

}  // namespace

Table::Table(std::vector<std::string_view> heads) {
  for (std::string_view head : heads) {
    right_.push_back(head.starts_with('>'));
    heads_.emplace_back(head.substr(right_.back() ? 1 : 0));
  }
}

void Table::Add(std::vector<std::string> row) {
  HASTEN_CHECK(row.size() == heads_.size());
  rows_.push_back(std::move(row));
}

void Table::Print(const Report& report, size_t widest) const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < heads_.size(); ++c) {
    widths.push_back(Width(heads_[c]));
    for (const auto& row : rows_) widths[c] = std::max(widths[c], Width(Shortened(row[c], widest)));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (size_t c = 0; c < cells.size(); ++c) {
      const std::string text = Shortened(cells[c], widest), space(widths[c] - Width(text), ' ');
      out += Str("  ", right_[c] ? space : "", text, right_[c] ? "" : space);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    report.Line(out);
  };
  line(heads_);
  for (const auto& row : rows_) line(row);
}

}  // namespace hasten::cli
