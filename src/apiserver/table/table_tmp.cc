#include "apiserver/table/table.h"
namespace knarr::apiserver {
Result<TableOptions::Include> parse_include(std::string_view) { return TableOptions::Include::Metadata; }
void write_table(std::string&, const Served&, const TableOptions&, std::span<const object::Document>, const TableMeta&) {}
}
