# Tern: `make demo` shows it at work, `make test` proves it, `make install` puts it under PREFIX.
# Each target sets up what is missing first, and says what it does.

SHELL    = bash
PREFIX  ?= /usr/local
DESTDIR ?=
PROGRAMS = quantize pack infer think-train bench sim-hw
BIN      = .build/release
STATIC   = .build/static
WITH_MPI = .build-mpi
DEMO     = demo
# The compiler's own messages are kept back unless it fails.
QUIETLY  = sh -c '"$$@" > .build/log 2>&1 || { cat .build/log; exit 1; }' --

.PHONY: help setup build demo test test-neon fuzz mpi install uninstall clean

help:
	@echo 'make demo       quantize and pack the bundled model, and ask it something'
	@echo 'make test       build everything and run every test'
	@echo 'make test-neon  run the kernels for ARM in an emulator'
	@echo 'make fuzz       throw damaged files at every reader for a minute'
	@echo 'make mpi        build a think-train that mpirun may start in several processes'
	@echo 'make install    install programs and manual pages under PREFIX ($(PREFIX))'
	@echo 'make uninstall  remove them again'
	@echo 'make setup      install the Debian packages that a build needs, if any is missing'

# Installs only what is missing; asks for root only then.
setup:
	@command -v swift > /dev/null || { echo 'Tern is built with Swift 6.2 or newer: see https://www.swift.org/install/linux' >&2; exit 1; }
	@need() { package=$$1; shift; "$$@" > /dev/null 2>&1 || missing="$$missing $$package"; }; missing=; \
	need pkg-config command -v pkg-config; \
	need libzstd-dev pkg-config --exists libzstd; \
	need libutf8proc-dev pkg-config --exists libutf8proc; \
	need libssl-dev pkg-config --exists libcrypto; \
	need libopenblas-dev pkg-config --exists openblas; \
	need zstd command -v zstd; \
	need mandoc command -v mandoc; \
	[ -z '$(MPI)' ] || { need libopenmpi-dev pkg-config --exists ompi-c; need openmpi-bin command -v mpirun; }; \
	[ -n "$$missing" ] || exit 0; \
	command -v apt-get > /dev/null || { echo "please install what Debian calls$$missing" >&2; exit 1; }; \
	as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	echo "installing Debian packages:$$missing"; \
	$$as_root apt-get update -qq && $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing > /dev/null
	@mkdir -p .build

build: setup
	@echo 'building (some minutes the first time)'
	@for p in $(PROGRAMS); do $(QUIETLY) swift build -c release --product $$p || exit 1; done

demo: build
	@mkdir -p $(DEMO)
	@echo; echo '1. A model of 3.6 million weights, as it was trained: Models/english'
	@stat -c %s Models/english/model.safetensors | awk '{ printf "%.2f MB, %.2f bits a weight\n", $$1 / 1e6, 8 * $$1 / 3614208 }'
	@echo; echo '2. quantize Models/english -o $(DEMO)/english.raw'
	@$(BIN)/quantize Models/english --report $(DEMO)/report.json -o $(DEMO)/english.raw
	@echo; echo '3. pack $(DEMO)/english.raw -o $(DEMO)/english.tern; pack --test $(DEMO)/english.tern'
	@$(BIN)/pack $(DEMO)/english.raw -o $(DEMO)/english.tern
	@$(BIN)/pack --test $(DEMO)/english.tern
	@$(BIN)/pack --list $(DEMO)/english.tern | tail -n 1
	@echo; echo '4. Three prompts through infer, each with the line that it goes on with:'
	@printf '%s\n' 'My fellow citizens, we' 'The American people' 'Alice was not' > $(DEMO)/prompts
	@$(BIN)/infer --seed 3 --max-tokens 40 --stop $$'\n' $(DEMO)/english.tern < $(DEMO)/prompts > $(DEMO)/answers
	@paste -d '' $(DEMO)/prompts $(DEMO)/answers | sed 's/^/   /'
	@echo; echo '5. What a token of it would take on an FPGA of 60 MHz: sim-hw $(DEMO)/english.tern --device d5005 --fidelity cycle'
	@$(BIN)/sim-hw $(DEMO)/english.tern --device d5005 --fidelity cycle | sed -n '3,12s/^/   /p'
	@echo; echo 'Next: man man/tern.7, or $(BIN)/infer $(DEMO)/english.tern'

test: setup
	@echo 'building programs and tests (some minutes the first time)'
	@$(QUIETLY) swift build -c release --build-tests
	swift test -c release --skip-build

test-neon:
	@Tests/KernelLevels/on-arm

fuzz: setup
	@$(QUIETLY) swift build -c release --product fuzz-readers
	$(BIN)/fuzz-readers --seconds 60

# Nothing else needs MPI: what is built with it lies apart.
mpi: MPI = yes
mpi: setup
	@echo 'building think-train with MPI (some minutes the first time)'
	@$(QUIETLY) swift build -c release --static-swift-stdlib --traits MPI --scratch-path $(WITH_MPI) --product think-train
	@echo 'mpirun -n 2 $(WITH_MPI)/release/think-train ..'

install: setup
	@echo 'building programs that need no Swift libraries (some minutes the first time)'
	@for p in $(PROGRAMS); do $(QUIETLY) swift build -c release --static-swift-stdlib --scratch-path $(STATIC) --product $$p || exit 1; done
	install -d $(DESTDIR)$(PREFIX)/bin
	install -s -m 755 $(addprefix $(STATIC)/release/,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	for page in man/*.[157]; do install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(PROGRAMS))
	for page in man/*.[157]; do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done

clean:
	rm -rf .build $(WITH_MPI) $(DEMO)
