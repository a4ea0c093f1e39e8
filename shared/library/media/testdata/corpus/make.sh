#!/bin/bash
# Makes the files of this corpus that an encoder can write, with Debian 12's ffmpeg and
# libheif-examples (heif-enc) and libavif-bin (avifenc) and webp (webpmux, img2webp, cwebp).
# The others are made from these by "go test ./shared/library/media -run TestDerivedFiles -update".
# What each is expected to be stands in corpus.json.
set -euo pipefail
cd "$(dirname "$0")"
ff() { nice ffmpeg -hide_banner -v error -nostdin -y "$@"; }
# film NAME FILTER OPTIONS…: one second of ten small pictures.
film() { local name=$1 filter=$2; shift 2; ff -f lavfi -i "testsrc2=s=128x72:r=10:d=1" -vf "$filter" -threads 1 -fflags +bitexact -map_metadata -1 "$@" "$name"; }
# talkie is a film with sound.
talkie() { local name=$1 filter=$2; shift 2; ff -f lavfi -i "testsrc2=s=128x72:r=10:d=1" -f lavfi -i "sine=d=1" -vf "$filter" -threads 1 -fflags +bitexact -map_metadata -1 "$@" "$name"; }
still() { local name=$1 size=$2; shift 2; ff -f lavfi -i "testsrc2=s=$size:r=1:d=1" -frames:v 1 -fflags +bitexact -map_metadata -1 "$@" "$name"; }
x264="-c:v libx264 -preset veryfast -crf 40 -pix_fmt yuv420p"
vp9="-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 40k"

# MP4, MOV, M4V
film h264-moov-last.mp4 null $x264
film h264-moov-first.mp4 null $x264 -movflags +faststart
film h264-b-frames.mp4 null $x264 -bf 2
film h264.m4v null $x264 -f ipod
film h264.mov null $x264
film h264-timecode.mov null $x264 -timecode 01:00:00:00
film h264-portrait.mp4 scale=72:128 $x264
film h264-square.mp4 scale=96:96 $x264
film h264-4x5.mp4 scale=96:120 $x264
film h264-odd.mp4 scale=101:57 $x264 -pix_fmt yuv444p
film h264-1088.mp4 scale=96:54 $x264
film h264-anamorphic.mp4 setsar=4/3 $x264
film h264-pal-wide.mov scale=90:72,setsar=64/45 $x264
film h264-ntsc.mp4 scale=90:60,setsar=8/9 $x264
film hevc-hvc1.mp4 null -c:v libx265 -preset ultrafast -x265-params log-level=error:info=0 -crf 40 -tag:v hvc1
film hevc-hev1.mp4 null -c:v libx265 -preset ultrafast -x265-params log-level=error:info=0 -crf 40 -tag:v hev1
film hevc.mov null -c:v libx265 -preset ultrafast -x265-params log-level=error:info=0 -crf 40 -tag:v hvc1
film av1-aom.mp4 null -c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 40k
film av1-svt.mp4 null -c:v libsvtav1 -preset 12 -crf 60
film vp9.mp4 null $vp9
film mpeg4.mp4 null -c:v mpeg4 -q:v 20
film mpeg2.mp4 null -r 25 -c:v mpeg2video -q:v 20
film mpeg1.mp4 null -r 25 -c:v mpeg1video -q:v 20
film mjpeg.mp4 scale=64:36 -c:v mjpeg -q:v 25
film mjpeg.mov scale=64:36 -c:v mjpeg -q:v 25
film raw.mov scale=32:18 -c:v rawvideo -pix_fmt uyvy422 -frames:v 2
film png.mov scale=32:18 -c:v png -frames:v 3
film prores-proxy.mov null -c:v prores_ks -profile:v 0 -qscale:v 30 -frames:v 2
film prores-hq.mov scale=64:36 -c:v prores_ks -profile:v 3 -qscale:v 30 -frames:v 2
film prores-4444.mov scale=64:36 -c:v prores_ks -profile:v 4 -pix_fmt yuva444p10le -qscale:v 30 -frames:v 2
film dnxhr-lb.mov scale=256:144 -c:v dnxhd -profile:v dnxhr_lb -pix_fmt yuv422p -frames:v 1
film dnxhr-sq.mp4 scale=256:144 -c:v dnxhd -profile:v dnxhr_sq -pix_fmt yuv422p -frames:v 1 -f mov
film fragmented.mp4 null $x264 -g 3 -movflags frag_keyframe+empty_moov+default_base_moof
film fragmented-late.mp4 null $x264 -g 3 -movflags frag_keyframe
film fragmented-dash.mp4 null $x264 -g 3 -movflags dash+frag_keyframe+global_sidx
film fragmented-each-sidx.mp4 null $x264 -g 3 -movflags dash+frag_keyframe
film fragmented-cmaf.mp4 null $x264 -g 3 -movflags cmaf+frag_keyframe
film fragmented-delay.mp4 null $x264 -g 3 -bf 2 -movflags frag_keyframe+delay_moov
ff -f lavfi -i "testsrc2=s=32x18:r=10:d=50" -threads 1 $x264 -g 1 -movflags frag_keyframe+empty_moov+default_base_moof -fflags +bitexact -map_metadata -1 fragmented-long.mp4
talkie sound.mp4 null $x264 -c:a aac -b:a 16k -shortest
talkie sound.mov null $x264 -c:a pcm_s16le -ar 8000 -shortest
talkie sound-longer.mp4 trim=end=0.5 $x264 -c:a aac -b:a 16k
talkie fragmented-sound.mp4 null $x264 -g 3 -c:a aac -b:a 16k -movflags frag_keyframe+empty_moov
ff -f lavfi -i sine=d=1 -c:a aac -b:a 16k -fflags +bitexact sound-alone.mp4
ff -f lavfi -i sine=d=1 -c:a aac -b:a 16k -fflags +bitexact sound-alone.mov
# cover is sound with one picture: cover NAME OPTIONS…
cover() { local name=$1; shift; ff -f lavfi -i sine=d=1 -f lavfi -i "testsrc2=s=160x160:r=1:d=1" -map 0 -map 1 -frames:v 1 -c:a aac -b:a 16k -threads 1 -fflags +bitexact "$@" "$name"; }
cover sound-cover.mp4 -c:v mjpeg -q:v 25
cover sound-cover-png.mp4 -c:v png
cover sound-cover.mov -c:v mjpeg -q:v 25
cover sound-attached.mp4 -c:v mjpeg -q:v 25 -disposition:v attached_pic
ff -i h264-moov-last.mp4 -i sound-cover.mp4 -map 0:v -map 1 -c copy -fflags +bitexact film-cover.mp4
ff -i h264-moov-last.mp4 -c copy -metadata:s:v rotate=90 -fflags +bitexact rotate-90.mp4
ff -i h264-moov-last.mp4 -c copy -metadata:s:v rotate=180 -fflags +bitexact rotate-180.mov
ff -i h264-moov-last.mp4 -c copy -metadata:s:v rotate=270 -fflags +bitexact rotate-270.mp4
ff -ss 0.5 -i h264-b-frames.mp4 -c copy -fflags +bitexact edited.mp4
film 3gp.3gp scale=128:96 -c:v h263 -q:v 20

# Matroska
film vp8.webm null -c:v libvpx -deadline realtime -cpu-used 8 -b:v 40k
film vp9.webm null $vp9
film av1.webm null -c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 40k
film vp9-portrait.webm scale=72:128 $vp9
film vp9-anamorphic.webm setsar=4/3 $vp9
film vp9-cues-first.webm null $vp9 -cues_to_front 1
film h264.mkv null $x264
film hevc.mkv null -c:v libx265 -preset ultrafast -x265-params log-level=error:info=0 -crf 40
film av1.mkv null -c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 40k
film prores.mkv scale=64:36 -c:v prores_ks -profile:v 0 -qscale:v 30 -frames:v 2
film mpeg4.mkv null -c:v mpeg4 -q:v 20
film mjpeg.mkv scale=64:36 -c:v mjpeg -q:v 25
film ffv1.mkv scale=32:18 -c:v ffv1 -frames:v 3
film theora.mkv null -c:v libtheora -q:v 1
film h264-anamorphic.mkv setsar=64/45 $x264
talkie sound.webm null $vp9 -c:a libopus -b:a 16k
talkie sound.mkv null $x264 -c:a aac -b:a 16k
ff -f lavfi -i "testsrc2=s=128x72:r=10:d=1" $vp9 -fflags +bitexact -f webm -live 1 pipe:1 > live.webm
ff -f lavfi -i "testsrc2=s=128x72:r=10:d=1" $x264 -fflags +bitexact -f matroska pipe:1 > pipe.mkv
ff -f lavfi -i sine=d=1 -c:a libopus -b:a 16k -fflags +bitexact sound-alone.webm
ff -f lavfi -i sine=d=1 -c:a aac -b:a 16k -fflags +bitexact sound-alone.mkv

# Images
still picture.jpg 120x150 -q:v 20
still grey.jpg 64x64 -pix_fmt gray -q:v 20
still wide.jpg 191x100 -q:v 20
still picture.png 60x75 -pix_fmt pal8
still alpha.png 48x64 -pix_fmt rgba
still deep.png 40x30 -pix_fmt rgb48be
ff -f lavfi -i "testsrc2=s=32x18:r=5:d=1" -plays 0 -fflags +bitexact -f apng animated.png
still lossy.webp 120x150 -c:v libwebp -quality 20
still lossless.webp 60x75 -c:v libwebp -lossless 1
still alpha.webp 48x64 -c:v libwebp -pix_fmt yuva420p -quality 20
ff -f lavfi -i "testsrc2=s=64x36:r=5:d=1" -c:v libwebp_anim -quality 20 -fflags +bitexact animated.webp
ff -f lavfi -i "testsrc2=s=64x36:r=5:d=1" -fflags +bitexact picture.gif
still still.gif 60x75
still plain.avif 120x150 -c:v libaom-av1 -still-picture 1 -crf 50 -cpu-used 8
png=$(mktemp --suffix .png); big=$(mktemp --suffix .png); trap 'rm -f "$png" "$big"' EXIT
still "$png" 120x90; still "$big" 256x128
avifenc -s 10 --min 50 --max 63 "$png" avifenc.avif >/dev/null
avifenc -s 10 --min 50 --max 63 --irot 1 "$png" turned.avif >/dev/null
avifenc -s 10 --min 50 --max 63 --irot 3 --imir 0 "$png" turned-mirrored.avif >/dev/null
avifenc -s 10 --min 50 --max 63 --imir 1 "$png" mirrored.avif >/dev/null
avifenc -s 10 --min 50 --max 63 --clap 100,1,80,1,0,1,0,1 "$png" clean-aperture.avif >/dev/null
avifenc -s 10 --min 50 --max 63 --grid 2x1 "$big" grid.avif >/dev/null
heif-enc -q 10 -o picture.heic "$png" >/dev/null
heif-enc -q 10 -A -o libheif.avif "$png" >/dev/null

# Sound and what is no media
ff -f lavfi -i sine=d=1 -c:a libmp3lame -b:a 16k -fflags +bitexact sound.mp3
ff -f lavfi -i sine=d=0.2 -ar 8000 -fflags +bitexact sound.wav
printf 'The film will follow.\n' > text.mp4
: > empty.mp4
