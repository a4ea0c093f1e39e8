#!/usr/bin/env bash
# Makes the sample masters beside this file; manifest.json says what each one is for.
# Needs ffmpeg 5.1 with libx264, libx265, libvpx and libwebp. One version of ffmpeg
# makes the same bytes every time; another one may make others, all just as good.
set -euo pipefail
cd "$(dirname "$0")"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

run() { ffmpeg -hide_banner -loglevel error -nostdin -y "$@"; }

exact=(-fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1 -threads 1)
h264=(-c:v libx264 -preset slow -crf 34 -pix_fmt yuv420p -x264-params threads=1)
sound=(-c:a aac -b:a 24k -ac 1)

# video FILE SIZE HUE SECONDS [ARGUMENT…]: a moving test picture of its own colour.
video() {
  local file=$1 size=$2 hue=$3 seconds=$4
  shift 4
  run -f lavfi -i "testsrc2=size=$size:rate=24:duration=$seconds,hue=h=$hue" \
    -f lavfi -i "sine=frequency=$((220 + hue)):sample_rate=24000:duration=$seconds" \
    "${exact[@]}" "${h264[@]}" "${sound[@]}" "$@" "$file"
}

# still FILE SIZE HUE [ARGUMENT…]: one test picture of its own colour.
still() {
  local file=$1 size=$2 hue=$3
  shift 3
  run -f lavfi -i "testsrc2=size=$size:rate=1:duration=1,hue=h=$hue" -frames:v 1 -update 1 "${exact[@]}" "$@" "$file"
}

video hrt-1212-2-en-9x16.mp4 720x1280 0 2
video hrt-1212-2-en-4x5.mp4 480x600 40 2 -movflags +faststart
video hrt-1212-2-en-1x1.mp4 480x480 80 2 -movflags +faststart
video hrt-1212-2-en-16x9.mov 640x360 120 1
video hrt-1212-12-en-9x16.mp4 360x640 160 1
video hrt-1212-20-en-9x16.mp4 360x640 200 1 -movflags +faststart
video hrt-121-2-en-9x16.mp4 360x640 240 1
video hrt-78-1-en-16x9.mp4 720x576 280 1 -vf setsar=64/45
video hrt-300-1-en-9x16.mp4 360x640 320 1 -movflags +faststart
video hrt-301-1-en-1x1.mp4 360x360 350 1

# As a telephone held upright records it: landscape pictures, to be turned 90°
# clockwise. ffmpeg 5.1 counts its "rotate" the other way round.
run -f lavfi -i "testsrc2=size=640x360:rate=30:duration=1,hue=h=60" \
  -f lavfi -i "sine=frequency=330:sample_rate=24000:duration=1" "${exact[@]}" "${sound[@]}" \
  -c:v libx265 -preset medium -crf 34 -pix_fmt yuv420p -tag:v hvc1 \
  -x265-params log-level=error:pools=none:frame-threads=1:info=0 "$scratch/upright.mov"
run -i "$scratch/upright.mov" -c copy "${exact[@]}" -metadata:s:v:0 rotate=270 hrt-77-1-de-9x16.mov

run -f lavfi -i "testsrc2=size=360x640:rate=24:duration=1,hue=h=100" "${exact[@]}" \
  -c:v libvpx-vp9 -b:v 120k -deadline good -cpu-used 4 hrt-80-1-en-9x16.webm

still hrt-1212-2-en-1x1.jpg 600x600 20 -c:v mjpeg -q:v 8 -pix_fmt yuvj420p
still hrt-1212-2-en-4x5.png 480x600 60 -c:v png -pix_fmt rgb24
still hrt-1212-2-de-1x1.webp 500x500 100 -c:v libwebp -quality 60
still hrt-300-1-en-1x1.png 240x240 140 -c:v png -pix_fmt pal8
still hrt-1212-2-en-9x16-thumbnail.jpg 90x160 0 -c:v mjpeg -q:v 12 -pix_fmt yuvj420p

# Stored landscape with EXIF orientation 6 (to be turned 90° clockwise), which ffmpeg
# cannot write: start of image, APP1 with a one-entry TIFF directory, the rest.
still "$scratch/landscape.jpg" 640x480 180 -c:v mjpeg -q:v 8 -pix_fmt yuvj420p
{
  head -c 2 "$scratch/landscape.jpg"
  printf '\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08'
  printf '\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00'
  tail -c +3 "$scratch/landscape.jpg"
} >hrt-79-1-en-3x4.jpg

# What macOS leaves beside a file on foreign disks: an AppleDouble header.
{
  printf '\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        \x00\x01'
  printf '\x00\x00\x00\x09\x00\x00\x00\x26\x00\x00\x00\x20'
  head -c 32 /dev/zero
} >appledouble.bin

: >empty.bin
