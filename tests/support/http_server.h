#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/formats/descriptor.h"

namespace cnnctl {

struct HttpRequest {
  std::string path;       // "/name"
  std::size_t start = 0;  // the byte that "Range: bytes=N-" asks for, 0 without it
  bool has_range = false;
};

/// All that a server sends before it closes the connection, status line and headers included, so that it can do anything wrong that a
/// server can.
struct HttpReply {
  std::string bytes;
  bool stalls = false;  // keeps the connection open, and silent
};

inline HttpReply http_reply(const std::string& status, const std::string& body, const std::string& headers = "") {
  return {"HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n" + headers + "\r\n" +
          body};
}

inline HttpReply http_redirect(const std::string& to) { return http_reply("302 Found", "", "Location: " + to + "\r\n"); }

/// What a server that knows ranges answers to a request for `content`.
inline HttpReply http_content(const std::string& content, const HttpRequest& request) {
  if (!request.has_range) return http_reply("200 OK", content);
  if (request.start >= content.size()) return http_reply("416 Range Not Satisfiable", "");
  return http_reply("206 Partial Content", content.substr(request.start),
                    "Content-Range: bytes " + std::to_string(request.start) + "-" + std::to_string(content.size() - 1) + "/" +
                        std::to_string(content.size()) + "\r\n");
}

/// A web server on the loopback address, which answers one request after another as its handler says, until the end of the scope.
class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  explicit HttpServer(Handler handler) : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    ::setenv("no_proxy", "127.0.0.1", 1);  // also for the programs that the test starts
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    std::array<int, 2> ends{};
    if (::bind(listener_.number(), reinterpret_cast<const sockaddr*>(&address), length) != 0 || ::listen(listener_.number(), 16) != 0 ||
        ::getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&address), &length) != 0 || ::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("no server on the loopback address");
    port_ = ntohs(address.sin_port);
    stop_reader_ = ends[0];
    stop_writer_ = ends[1];
    thread_ = std::thread([this] { run(); });
  }

  ~HttpServer() {
    ::close(stop_writer_);  // which wakes the thread
    thread_.join();
    ::close(stop_reader_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "http://127.0.0.1:PORT/".
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  /// Waits until `descriptor` has something to read; false where the server is to end.
  bool wait(int descriptor) const {
    std::array<pollfd, 2> polled = {{{descriptor, POLLIN, 0}, {stop_reader_, POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), -1);
    return polled[1].revents == 0;
  }

  void run() {
    while (wait(listener_.number())) {
      const Descriptor connection(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection.is_open()) answer(connection.number());
    }
  }

  void answer(int connection) {
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.find("\r\n\r\n") == std::string::npos && wait(connection)) {
      const ssize_t count = ::recv(connection, buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    const HttpRequest request = parse(text);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const HttpReply reply = handler_(request);
    for (std::string_view rest = reply.bytes; !rest.empty();) {
      const ssize_t count = ::send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    if (reply.stalls) wait(connection);  // until the client gives up
  }

  static HttpRequest parse(const std::string& text) {
    HttpRequest request;
    const std::size_t begin = text.find(' ') + 1;
    request.path = text.substr(begin, text.find(' ', begin) - begin);
    constexpr std::string_view range = "Range: bytes=";
    if (const std::size_t found = text.find(range); found != std::string::npos) {
      request.has_range = true;
      request.start = std::stoul(text.substr(found + range.size()));
    }
    return request;
  }

  Handler handler_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  int stop_reader_ = -1;
  int stop_writer_ = -1;
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  std::thread thread_;
};

/// A server of files by name, as any good one; what it does not have is answered with 404.
inline HttpServer::Handler serve_files(std::map<std::string, std::string> files) {
  return [files = std::move(files)](const HttpRequest& request) {
    const auto found = files.find(request.path.substr(1));
    return found != files.end() ? http_content(found->second, request) : http_reply("404 Not Found", "not here");
  };
}

}  // namespace cnnctl
