// SPDX-License-Identifier: Apache-2.0
// Writes saffronctl's manual pages and completion scripts: saffronctl-docs TEMPLATES OUTPUT. A tool of the build.
#include <fmt/core.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "app/ctl/help.h"

namespace saffron::ctl {
namespace {

namespace fs = std::filesystem;

bool read_file(const fs::path& path, std::string& to) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  to = text.str();
  return file.good() && !to.empty();
}

bool write_file(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path);
  file << text;
  file.close();
  return !file.fail();
}

bool generate(const fs::path& from, const fs::path& to) {
  std::string page;
  std::string bash;
  std::string zsh;
  std::string fish;
  bool good =
      read_file(from / "man/saffronctl.1.in", page) && read_file(from / "completion/saffronctl.bash.in", bash) &&
      read_file(from / "completion/saffronctl.zsh.in", zsh) && read_file(from / "completion/saffronctl.fish.in", fish);
  good = good && write_file(to / "man/man1/saffronctl.1", manual(page));
  for (const Verb& verb : verbs()) {
    good = good && write_file(to / fmt::format("man/man1/saffronctl-{}.1", verb.name), verb_manual(verb));
  }
  return good && write_file(to / "bash-completion/completions/saffronctl", bash_completion(bash)) &&
         write_file(to / "zsh/site-functions/_saffronctl", zsh_completion(zsh)) &&
         write_file(to / "fish/vendor_completions.d/saffronctl.fish", fish_completion(fish));
}

}  // namespace
}  // namespace saffron::ctl

int main(int count, char** words) {
  if (count != 3 || !saffron::ctl::generate(words[1], words[2])) {
    fmt::print(stderr, "saffronctl-docs: cannot read the templates or write the pages\n");
    return 1;
  }
  return 0;
}
