// Pages that need nothing else: text and tables.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace hasten::cli {

std::string Html(std::string_view text);  // escaped, for text and quoted attributes
std::string HtmlTable(std::string_view title, const std::vector<std::string>& head,
                      const std::vector<std::vector<std::string>>& rows);
// `body` is HTML already.
std::string HtmlDocument(std::string_view title, std::string_view body);

}  // namespace hasten::cli
