#pragma once

#include <curl/curl.h>

namespace cnnctl {

/// libcurl's functions that are used here.
struct Curl {
  decltype(::curl_easy_init)* easy_init = nullptr;
  decltype(::curl_easy_cleanup)* easy_cleanup = nullptr;
  decltype(::curl_easy_setopt)* easy_setopt = nullptr;
  decltype(::curl_easy_perform)* easy_perform = nullptr;
  decltype(::curl_easy_getinfo)* easy_getinfo = nullptr;
  decltype(::curl_easy_strerror)* easy_strerror = nullptr;
  decltype(::curl_url)* url = nullptr;
  decltype(::curl_url_set)* url_set = nullptr;
  decltype(::curl_url_cleanup)* url_cleanup = nullptr;
};

/// Loads libcurl at the first call. Throws std::runtime_error where there is none.
const Curl& curl();

}  // namespace cnnctl
