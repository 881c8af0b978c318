# The short way in: each target does all set-up that it needs, on a bare Debian 12 or 13. What is built and how is CMake's business
# (CMakeLists.txt, CMakePresets.json).

PACKAGES := cmake ninja-build g++ libdnnl-dev libyaml-cpp-dev libspdlog-dev libfmt-dev libcli11-dev doctest-dev \
            nlohmann-json3-dev libmuparser-dev libdeflate-dev libzip-dev libturbojpeg0-dev libspng-dev libstb-dev \
            libcurl4-openssl-dev libssl-dev libarchive-dev dataset-fashion-mnist
SETUP ?= yes
PREFIX ?= /usr/local
RELEASE := build/release
SOURCES = $(shell find cli datasets engine tests -name '*.h' -o -name '*.cpp')
FUZZ_SECONDS ?= 60
BENCHES ?= mnist_convnet:100 resnet20_cifar10:128 resnet18:16 resnet50:8 mobilenet_v2:16

# Installs packages where any is missing and SETUP is not "no".
install_packages = $(if $(filter no,$(SETUP)),,@scripts/install-packages $(1))

.PHONY: help setup build demo test asan tsan valgrind fuzz fuzz-coverage bench format check-format lint install clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo          set up, build, train a network on Fashion-MNIST (about a minute)'
	@echo 'make test          set up, build, run the fast tests'
	@echo 'make build         set up, build: $(RELEASE)/cnnctl'
	@echo 'make asan          the fast tests under the address and undefined behaviour sanitizers'
	@echo 'make tsan          tests of the loader and the trainer under the thread sanitizer'
	@echo 'make valgrind      short runs of the program under valgrind'
	@echo 'make fuzz          try every reader on made-up input, FUZZ_SECONDS ($(FUZZ_SECONDS)) each, under both sanitizers'
	@echo 'make fuzz-coverage how much of every reader the inputs reach that "make fuzz" has gathered, and the kept ones'
	@echo 'make bench         time networks, or BENCHES="CONFIG:BATCH_SIZE ...", to build/bench.json (for bench --compare)'
	@echo 'make format        lay out the code (clang-format 14)'
	@echo 'make check-format  fail where the layout is another'
	@echo 'make lint          clang-tidy over all code'
	@echo 'make install       copy the built program to PREFIX ($(PREFIX))'
	@echo 'make clean         remove build/'
	@echo 'SETUP=no leaves the installed packages alone.'

setup:
	$(call install_packages,$(PACKAGES))

build: setup
	@cmake --preset release
	@cmake --build --preset release

demo: setup
	@cmake --preset release
	@cmake --build --preset release --target cnnctl
	$(RELEASE)/cnnctl train configs/fashion_convnet.yaml

test: build
	@ctest --preset release

asan: setup
	@cmake --preset asan
	@cmake --build --preset asan
	@ctest --preset asan

# One thread of OpenMP: libgomp is not built for the sanitizer, which takes its barriers for none.
tsan: setup
	@cmake --preset tsan
	@cmake --build --preset tsan
	@ctest --preset tsan

valgrind: build
	$(call install_packages,valgrind)
	@scripts/valgrind $(RELEASE)/cnnctl

# Each target for FUZZ_SECONDS, the kept inputs first; what does harm is left in build/fuzz/fuzz/TARGET.
fuzz:
	$(call install_packages,$(PACKAGES) clang libclang-rt-dev libomp-dev)
	@cmake --preset fuzz -D CNNCTL_FUZZ_SECONDS=$(FUZZ_SECONDS)
	@cmake --build --preset fuzz
	@ctest --preset fuzz
	@grep -E 'Testing: |DONE  ' build/fuzz/Testing/Temporary/LastTest.log

fuzz-coverage:
	$(call install_packages,$(PACKAGES) clang llvm libclang-rt-dev libomp-dev)
	@cmake --preset coverage
	@cmake --build --preset coverage
	@scripts/fuzz-coverage

bench: build
	@rm -f build/bench.json.part
	@for bench in $(BENCHES); do for mode in train eval; do \
	  $(RELEASE)/cnnctl bench configs/$${bench%:*}.yaml --batch-size $${bench##*:} --mode $$mode --layers --json >> build/bench.json.part || exit 1; \
	  tail -n 1 build/bench.json.part | sed 's/"layers":\[[^]]*\],//'; \
	done; done
	@mv build/bench.json.part build/bench.json

format:
	$(call install_packages,clang-format-14)
	@clang-format-14 -i $(SOURCES)

check-format:
	$(call install_packages,clang-format-14)
	@clang-format-14 --dry-run -Werror $(SOURCES)

lint: setup
	$(call install_packages,clang-tidy libomp-dev)
	@cmake --preset tidy
	@cmake --build --preset tidy

install:
	@cmake --install $(RELEASE) --prefix $(PREFIX)

clean:
	rm -rf build
