#!/bin/sh
# FluidSynth, a General MIDI soundfont, fonts with Chinese glyphs and a C compiler: installed with apt as root,
# else said. Without the compiler melodies are written more slowly, in numpy.
# With "mma" it installs that instead, where it can.
set -eu
if [ "${1:-}" = mma ]; then
	command -v mma >/dev/null && exit 0
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mma >/dev/null
	fi
	exit 0 # what needs it says so
fi
packages="fluidsynth fluid-soundfont-gm fonts-dejavu-core fonts-wqy-microhei gcc libc6-dev"

have_font() {
	for f in "${SOUNDFONT:-}" /usr/share/sounds/sf2/*.sf2 /usr/share/sounds/sf3/*.sf3 /usr/share/soundfonts/*.sf2 \
		"${HOME:-/root}"/.local/share/segno/soundfonts/*.sf? /opt/homebrew/share/soundfonts/*.sf2 /usr/local/share/soundfonts/*.sf2; do
		[ -f "$f" ] && return 0
	done
	return 1
}
have_glyphs() {
	[ "$(uname)" != Linux ] || [ -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc ] || [ -d /usr/share/fonts/opentype/noto ] || [ -d /usr/share/fonts/google-noto-cjk ]
}

if command -v fluidsynth >/dev/null && have_font && have_glyphs && command -v cc >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "Installing $packages (apt)..."
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
	exit 0
fi
if command -v fluidsynth >/dev/null && have_font; then exit 0; fi # pictures fall back to the default font
echo "Segno needs FluidSynth and a General MIDI soundfont. Debian/Ubuntu: sudo apt install $packages. macOS: brew install fluid-synth, then put FluidR3_GM.sf2 into ~/.local/share/segno/soundfonts. Windows: choco install fluidsynth, then set SOUNDFONT in .env to a .sf2 file." >&2
exit 1
