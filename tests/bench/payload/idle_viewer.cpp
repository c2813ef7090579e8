// SPDX-License-Identifier: Apache-2.0
// A SPICE viewer without a window: connects to a Unix socket, says "connected" once the screen is there, and takes what
// comes until it is ended. usage: idle_viewer SOCKET. Uses spice-client-glib, as every viewer does.
#include <spice-client.h>

#include <cstdio>
#include <string>

namespace {

void on_primary(SpiceChannel*, gint, gint, gint, gint, gint, gpointer, gpointer) {
  std::puts("connected");
  std::fflush(stdout);
}

void on_channel_event(SpiceChannel*, SpiceChannelEvent event, gpointer loop) {
  if (event != SPICE_CHANNEL_OPENED && event != SPICE_CHANNEL_NONE) {
    g_main_loop_quit(static_cast<GMainLoop*>(loop));
  }
}

void on_channel_new(SpiceSession*, SpiceChannel* channel, gpointer loop) {
  g_signal_connect(channel, "channel-event", G_CALLBACK(on_channel_event), loop);
  if (SPICE_IS_DISPLAY_CHANNEL(channel)) {
    g_signal_connect(channel, "display-primary-create", G_CALLBACK(on_primary), nullptr);
  }
  if (SPICE_IS_DISPLAY_CHANNEL(channel) || SPICE_IS_INPUTS_CHANNEL(channel) || SPICE_IS_CURSOR_CHANNEL(channel)) {
    spice_channel_connect(channel);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: idle_viewer SOCKET\n");
    return 2;
  }
  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  SpiceSession* session = spice_session_new();
  const std::string uri = std::string("spice+unix://") + argv[1];
  g_object_set(session, "uri", uri.c_str(), "enable-audio", FALSE, "enable-usbredir", FALSE, nullptr);
  g_signal_connect(session, "channel-new", G_CALLBACK(on_channel_new), loop);
  if (!spice_session_connect(session)) {
    return 1;
  }
  g_main_loop_run(loop);
  return 1;  // Only a lost connection ends it; else it is killed.
}
