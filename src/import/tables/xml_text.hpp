// What readers of HTML and Office documents share of libxml2. No public type of it leaves
// src/import.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <libxml/tree.h>

#include "base/release.hpp"
#include "import/words.hpp"

namespace pcapaudit {

using XmlTree = std::unique_ptr<xmlDoc, Release<xmlFreeDoc>>;

// Deeper than any page; the parser itself stops at 256.
constexpr int max_depth = 300;

// Of an element, without its prefix; "" of anything else.
inline std::string_view name_of(const xmlNode* node) {
  if (node->type != XML_ELEMENT_NODE || node->name == nullptr) return {};
  return reinterpret_cast<const char*>(node->name);
}

inline std::string attribute(const xmlNode* node, const char* name) {
  const std::unique_ptr<xmlChar, decltype(xmlFree)> value(
      xmlGetProp(node, reinterpret_cast<const xmlChar*>(name)), xmlFree);
  return value ? reinterpret_cast<const char*>(value.get()) : std::string();
}

// The first child of that name, nullptr when there is none.
inline const xmlNode* child_of(const xmlNode* node, std::string_view name) {
  for (const xmlNode* it = node == nullptr ? nullptr : node->children; it != nullptr;
       it = it->next) {
    if (name_of(it) == name) return it;
  }
  return nullptr;
}

}  // namespace pcapaudit
