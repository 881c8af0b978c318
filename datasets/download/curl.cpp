#include "datasets/download/curl.h"

#include "datasets/download/late_library.h"

namespace cnnctl {
namespace {

Curl load() {
  const LateLibrary library("libcurl.so.4", "libcurl4");
  decltype(::curl_global_init)* global_init = nullptr;
  library.find("curl_global_init", global_init);
  global_init(CURL_GLOBAL_DEFAULT);
  Curl functions;
  library.find("curl_easy_init", functions.easy_init);
  library.find("curl_easy_cleanup", functions.easy_cleanup);
  library.find("curl_easy_setopt", functions.easy_setopt);
  library.find("curl_easy_perform", functions.easy_perform);
  library.find("curl_easy_getinfo", functions.easy_getinfo);
  library.find("curl_easy_strerror", functions.easy_strerror);
  library.find("curl_url", functions.url);
  library.find("curl_url_set", functions.url_set);
  library.find("curl_url_cleanup", functions.url_cleanup);
  return functions;
}

}  // namespace

const Curl& curl() {
  static const Curl functions = load();
  return functions;
}

}  // namespace cnnctl
