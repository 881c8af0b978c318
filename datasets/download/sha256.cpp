#include "datasets/download/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

constexpr std::size_t bytes_at_once = std::size_t{1} << 20U;

void require(int success) {
  if (success != 1) throw std::runtime_error("OpenSSL has no SHA-256");
}

}  // namespace

std::string sha256_of_file(const std::string& path) {
  InputFile file(path);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  require(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
  std::vector<std::byte> buffer(bytes_at_once);
  while (file.remaining() > 0) {
    const auto part = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), file.remaining()));
    file.read(part);
    require(EVP_DigestUpdate(context.get(), part.data(), part.size()));
  }
  std::array<unsigned char, 32> digest{};
  require(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace cnnctl
