# The only commands to remember: make run, make test, make bench, make nab, make lint, make format, make fuzz; make footprint and make soak before a
# release.

SHELL := /bin/bash
BUILD ?= .build
SOURCES := Package.swift Benchmarks Fuzzing Services Shared Tests
DEVICES ?= 50
FUZZ_SECONDS ?= 60
SEED ?= 1

.PHONY: run build test test-compose fuzz lint format bench footprint nab nab-holdout soak proto packages test-packages clean help

help:
	@echo "make run     install what is missing, build, start everything with $(DEVICES) simulated sensors"
	@echo "make test    install what is missing, check the formatting, build and run all tests"
	@echo "make test-compose  build the images and run compose/compose.yaml under load on the Docker engine of DOCKER_HOST"
	@echo "make fuzz    run each fuzzer for $(FUZZ_SECONDS) s (FUZZ_SECONDS); fails on a finding"
	@echo "make bench   measure throughput, latency, CPU and memory, of one and of three of each service, in one run"
	@echo "make footprint  check memory and start of a release build of edge-processor"
	@echo "make nab     score the detectors on the Numenta Anomaly Benchmark: NAB_DIR=folder, or NAB_ARCHIVE=file.tar.xz"
	@echo "make nab-holdout  choose tailsum's parameters on one half of that data, score them on the other"
	@echo "make soak    ten minutes of faults under load; SEED=… for another schedule"
	@echo "make lint    check the formatting"
	@echo "make format  mend the formatting"
	@echo "make proto   generate the Swift code of the wire format again"

packages:
	@.ci/install-packages

test-packages:
	@.ci/install-packages test
	@.ci/install-schemathesis
	@.ci/install-kubernetes-tools

build: packages
	swift build -c release --scratch-path $(BUILD)

run: build
	exec $(BUILD)/release/sluice up --simulate $(DEVICES)

test: test-packages lint
	swift build --build-tests --scratch-path $(BUILD)
	@set -o pipefail; swift test --skip-build --no-parallel --scratch-path $(BUILD) 2>&1 | tee $(BUILD)/test.log || { \
		echo; echo "What failed (all of it: $(BUILD)/test.log):"; \
		grep -a -A 12 -E "recorded an issue|Fatal error|signal code" $(BUILD)/test.log | cut -c 1-2000; exit 1; }

# Scales, updates and kills containers under COMPOSE_TEST_RATE readings a second (3000).
test-compose:
	compose/test/run

fuzz: packages
	BUILD=$(BUILD) Fuzzing/fuzz $(FUZZ_SECONDS)

# Throughput of one of each, and beside it of three of each; then the anomaly-detector at 20,000 readings/s over 10,000 series.
BENCH ?= $(foreach service,mqtt-ingest preprocessor anomaly-detector storage-writer aggregator,--scale $(service)=3)
bench: build
	$(BUILD)/release/sluice bench $(BENCH)
	$(BUILD)/release/sluice bench detection $(BENCH_DETECTION)
	$(BUILD)/release/detector-benchmark

# What is promised of gateways, of the executable that they get; `make test` looks at the debug build with wider bounds.
footprint: packages
	swift build -c release --scratch-path $(BUILD) --product edge-processor
	swift build --build-tests --scratch-path $(BUILD)
	EDGE_PROCESSOR=$(abspath $(BUILD))/release/edge-processor \
		swift test --skip-build --scratch-path $(BUILD) --filter FootprintTests

# Result files go to NAB_OUT, a folder for each detector.
NAB_ARCHIVE ?= ../shared/data/nab.tar.xz
NAB_OUT ?= $(BUILD)/nab
nab: packages
	@test -n "$(NAB_DIR)" -o -f "$(NAB_ARCHIVE)" || { \
		echo "make nab needs the benchmark's data: NAB_DIR=folder with data/ and labels/ (github.com/numenta/NAB)"; exit 2; }
	swift build -c release --scratch-path $(BUILD) --product nab-benchmark
	@data="$(NAB_DIR)"; if [ -z "$$data" ]; then \
		mkdir -p $(BUILD)/nab-data && tar -xf "$(NAB_ARCHIVE)" -C $(BUILD)/nab-data && \
		data=$$(dirname "$$(find $(BUILD)/nab-data -type d -name labels | head -n 1)"); fi; \
	NAB_DIR="$$data" NAB_OUT="$(NAB_OUT)" $(BUILD)/release/nab-benchmark $(NAB_TASK)

# What choosing tailsum's parameters on one half of the data is worth on the other.
nab-holdout: NAB_TASK := holdout
nab-holdout: nab

soak: build
	$(BUILD)/release/sluice chaos --duration 10m --seed $(SEED) $(CHAOS)

lint:
	swift format lint --strict --parallel --configuration .swift-format --recursive $(SOURCES)

format:
	swift format --in-place --parallel --configuration .swift-format --recursive $(SOURCES)

clean:
	rm -rf $(BUILD)

# The generated code is committed; only a change of Shared/Wire/Protos needs this.
PROTOS := Shared/Wire/Protos
proto: packages
	swift build --product protoc-gen-swift --scratch-path $(BUILD)
	protoc --plugin=$(BUILD)/debug/protoc-gen-swift --proto_path=$(PROTOS) \
		--swift_opt=Visibility=Internal --swift_opt=FileNaming=DropPath --swift_opt=UseAccessLevelOnImports=true \
		--swift_out=Shared/Wire/Generated sluice/v1/batch.proto sluice/v1/pipe.proto
