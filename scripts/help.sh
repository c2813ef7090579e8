# SPDX-License-Identifier: Apache-2.0
# ./dev help: the list of verbs.
cat <<'TEXT'
usage: ./dev VERB [ARGUMENT...]

  setup     install the Debian packages that are missing (scripts/packages.txt)
  build     setup, then build everything into build/ (./dev build TARGET... for a part)
  run       setup, build, make the demo machine, open Saffron with its desktop running
            --headless: without a display; prints "screenshot: PATH" at the end
  test      setup, build (release, ASan+UBSan, TSan), run every test; closes with ctest's summary
            ./dev test -L unit, ./dev test -R NAME: a part (the arguments go to ctest)
  lab       run a command in a virtual host with KVM and VT-d, in software
            ./dev lab [OPTION...] -- COMMAND [ARGUMENT...]; ./dev lab --help lists the options
  lint      source rules: who may include whom, licences, sizes, format, translations
  bench     our figures beside QEMU's, in one run, as a table (--json for programs)
  guest     make a guest for tests, print its folder: tiny, tiny-full, demo, media
  fuzz      run one fuzzer until stopped: ./dev fuzz NAME; without a name, lists them
  shot      screenshots of every window into a folder
  help      this text

Everything that is made goes to build/ or to ${XDG_CACHE_HOME:-~/.cache}/saffron.
TEXT
