#include "cli/html.h"

#include "base/text.h"

namespace hasten::cli {
namespace {

std::string Row(const std::vector<std::string>& cells, std::string_view kind) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) out += Str("<", kind, ">", Html(cell), "</", kind, ">");
  return out + "</tr>\n";
}

}  // namespace

std::string Html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string HtmlTable(std::string_view title, const std::vector<std::string>& head,
                      const std::vector<std::vector<std::string>>& rows) {
  std::string out = Str("<h2>", Html(title), "</h2>\n<table>\n", Row(head, "th"));
  for (const auto& row : rows) out += Row(row, "td");
  return out + "</table>\n";
}

std::string HtmlDocument(std::string_view title, std::string_view body) {
  return Str("<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>", Html(title),
             "</title>\n<style>body{font:15px sans-serif;margin:2em}table{border-collapse:collapse}"
             "td,th{border:1px solid #ccc;padding:2px 10px;text-align:left}svg text{font:11px sans-serif}"
             "</style></head><body>\n",
             body, "</body></html>\n");
}

}  // namespace hasten::cli
