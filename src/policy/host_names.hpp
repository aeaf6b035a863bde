// Host names of certificates, requests and policies, compared as RFC 6125 says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {

// Does `name` equal one of `patterns`, or fit a "*.example.org" among them (one label)? Case and a
// dot at the end do not count.
bool matches_any(const std::vector<std::string>& patterns, std::string_view name);
// ... and is there one of `names` that does?
bool matches_any(const std::vector<std::string>& patterns, const std::vector<std::string>& names);

// DNS names of the subject alternative names, else the common name (RFC 6125 6.4.4).
std::vector<std::string> names_of(const Certificate& certificate);

// "a.example.org or b.example.org", at most five.
std::string name_list(const std::vector<std::string>& names);

// "user@host:port" and "[v6]:port" without user and port (RFC 3986 3.2).
std::string_view bare_host(std::string_view host);

}  // namespace pcapaudit
