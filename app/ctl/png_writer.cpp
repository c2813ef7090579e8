// SPDX-License-Identifier: Apache-2.0
#include "app/ctl/png_writer.h"

#include <fmt/core.h>
#include <png.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace saffron::ctl {
namespace {

using core::Error;
using core::Result;

struct Image {
  std::uint32_t width;
  std::uint32_t height;
  std::uint32_t stride;
  const std::uint8_t* pixels;
};

/// libpng reports errors by longjmp: nothing with a destructor may live in this function.
bool encode(std::FILE* file, const Image& image, std::uint8_t* row) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  if (info == nullptr || setjmp(png_jmpbuf(png)) != 0) {
    png_destroy_write_struct(&png, &info);
    return false;
  }
  png_init_io(png, file);
  png_set_IHDR(png, info, image.width, image.height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (std::uint32_t y = 0; y < image.height; ++y) {
    for (std::uint32_t x = 0; x < image.width; ++x) {
      std::uint32_t pixel = 0;
      std::memcpy(&pixel, image.pixels + std::size_t{y} * image.stride + std::size_t{x} * 4, sizeof(pixel));
      row[x * 3] = static_cast<std::uint8_t>(pixel >> 16);
      row[x * 3 + 1] = static_cast<std::uint8_t>(pixel >> 8);
      row[x * 3 + 2] = static_cast<std::uint8_t>(pixel);
    }
    png_write_row(png, row);
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return true;
}

}  // namespace

Result<void> write_png(const std::string& path, std::uint32_t width, std::uint32_t height, std::uint32_t stride,
                       const std::uint8_t* pixels) {
  const bool to_stdout = path == "-";
  std::FILE* const file = to_stdout ? stdout : std::fopen(path.c_str(), "wbe");
  if (file == nullptr) {
    return Error::from_errno(errno, fmt::format("Cannot write {}", path), path);
  }
  std::string row(std::size_t{width} * 3, '\0');
  errno = 0;
  bool written = encode(file, {width, height, stride, pixels}, reinterpret_cast<std::uint8_t*>(row.data()));
  written = std::fflush(file) == 0 && written;
  const int error = errno;
  if (!to_stdout) {
    std::fclose(file);
  }
  if (!written) {
    if (!to_stdout) {
      unlink(path.c_str());
    }
    return Error::from_errno(error != 0 ? error : EIO, fmt::format("Cannot write {}", path), path);
  }
  return {};
}

}  // namespace saffron::ctl
