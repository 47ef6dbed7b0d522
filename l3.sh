cd /tmp/build-import
clang++-16 -DHASTEN_CHECKS=1 -std=c++20 -O1 -I/tmp/snap/src -I/tmp/snap-build -Wall -Wextra -Wno-missing-field-initializers -ffp-contract=off -include /tmp/snap/src/base/pch.h -c drv/drv.cc -o obj3/drv.o && clang++-16 -fuse-ld=lld obj3/drv.o /tmp/snap-build/libhasten_core.a -lre2 -lutf8proc -lxxhash -ljpeg -lspng -lz -ldl -lpthread -o obj3/drv
