// What stands in pcapaudit for the readers of documents, which another program has.
#include "policy/import.hpp"

namespace pcapaudit {

bool reads_documents() {
  return false;
}

Result<Import> import_documents(const std::vector<ImportFile>&, const ImportOptions&) {
  return fail("this program reads no documents");
}

}  // namespace pcapaudit
