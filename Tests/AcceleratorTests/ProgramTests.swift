import Accelerator
import Basis
import Models
import Tensors
import Testing

@Suite struct ProgramTests {
    @Test(arguments: try smallGraphs()) func `a program's text gives the program, and its ROM the instructions`(_ graph: Graph) throws {
        let program = try Program(compiling: graph, for: .small)
        #expect(try Program(assembling: program.text) == program)
        #expect(try Program.instructions(rom: program.rom) == program.instructions)
        #expect(program.rom.count == 4 * program.instructions.count)
    }

    @Test func `operations of several weights are refused`() throws {
        let others = try allSmallGraphs().filter { $0.nodes.contains { $0.operation.weights.count > 1 } }
        #expect(!others.isEmpty)
        for graph in others {
            do {
                _ = try Program(compiling: graph, for: .small)
                Issue.record("\(graph) was compiled")
            } catch { #expect("\(error)".contains("the core has no unit for 'ttt."), "\(error)") }
        }
    }

    @Test func `labels, expressions and comments`() throws {
        let program = try Program(assembling: """
            .equ two, one + one ; set below
            .equ one, 1
            .block here, 64 * two + 0x10 - 16, 2 * 40, gain, "a; \\"b\\", c"
            .node "a.b"
            \tLD r3, here + two * 4, 10
            ROW.call r1, r3, -, -, -, -, 30, 10\r
            RMS r1, r1, r3, 10, 1e-06
            HALT
            """)
        #expect(program.instructions.count == 4)
        #expect(program.instructions[0].address == 136)
        #expect(program.instructions[1].b == Instruction.none)
        #expect(program.instructions[2].epsilon == 1e-6)
        #expect(program.blocks[0].subject == "a; \"b\", c")
        #expect((0..<4).map(program.node) == ["a.b", "a.b", "a.b", "a.b"])
        #expect(try Program(assembling: program.text) == program)
    }

    @Test(arguments: [
        (".equ a, b\n.equ b, c\n.equ c, a + 1", "line 1: the labels 'a' -> 'b' -> 'c' -> 'a' go round in a circle"),
        ("LD r1, nowhere, 4", "line 1: there is no label 'nowhere'"),
        ("\nADD r1, r2", "line 2: there is no instruction 'ADD'"),
        ("LD r1, 4", "line 1: LD takes 3 operands, has 2"),
        ("LD q1, 4, 4", "line 1: 'q1' is no register"),
        ("LD r254, 4, 4", "line 1: LD has register 254, expected 0 to 253"),
        ("LD -, 4, 4", "line 1: LD has register -1, expected 0 to 253"),
        ("LD r1, 4, 0", "line 1: LD has 'width' of 0, expected 1 to 16777216"),
        ("LD r1, 0 - 1, 4", "line 1: LD has 'address' of -1, expected 0 to 1099511627775"),
        ("LD r1, 0x10000000000, 4", "line 1: LD has 'address' of 1099511627776, expected 0 to 1099511627775"),
        ("LD r1, 99999999999999999999, 4", "line 1: '99999999999999999999' is no number"),
        ("LD r1, 4611686018427387903 * 4, 4", "line 1: '4611686018427387903 * 4' is too large"),
        ("LD r1, 3 +, 4", "line 1: '3 +' is no expression"),
        ("TMM r1, r2, 0, 0, 16777216, 16777216", "line 1: TMM is for 16777216 times 16777216 numbers, which are too many"),
        (".equ a, 1\n.equ a, 2", "line 2: the label 'a' is set on line 1 already"),
        (".equ 1a, 1", "line 1: '1a' cannot be a label"),
        (".block a, 0, 64, gold, \"x\"", "line 1: there is no kind 'gold' of memory"),
        (".block a, 0, 64, gain, \"x\"\n.block b, 60, 4, gain, \"y\"", "the blocks 'a' and 'b' overlap"),
        ("RMS r1, r1, r2, 4, small", "line 1: 'small' is no number"),
    ]) func `what is no program is refused with its line`(_ text: String, _ fact: String) {
        #expect(throws: Failure(fact)) { try Program(assembling: text) }
    }

    @Test func `labels deep in each other are refused, not followed without end`() {
        let chain = (0..<100_000).map { ".equ l\($0), l\($0 + 1)\n" }.joined()
        #expect(throws: Failure.self) { try Program(assembling: chain) }
    }

    @Test func `a ROM with bits that mean nothing is refused`() throws {
        #expect(throws: Failure.self) { try Program.instructions(rom: [255, 0, 0, 0]) }
        #expect(throws: Failure.self) { try Program.instructions(rom: [0, 0, 0]) }
        var rom = try Program(assembling: "LD r1, 64, 4").rom
        rom[3] |= 1 << 60
        #expect(throws: Failure.self) { try Program.instructions(rom: rom) }
    }

    @Test func `what does not fit a register is refused with the setting's name`() throws {
        let graph = try matmulFree(width: 64, layers: 1, vocabulary: 67)
        var core = Core.small
        core.registerWidth = 63
        let failure = #expect(throws: Failure.self) { try Program(compiling: graph, for: core) }
        #expect(failure?.description.contains("'register-width'") ?? false)
        (core.registerWidth, core.registers) = (256, 1)
        let other = #expect(throws: Failure.self) { try Program(compiling: graph, for: core) }
        #expect(other?.description.contains("'registers'") ?? false)
    }

    @Test func `without the unit or a host, a transformer is refused`() throws {
        var core = Core.small
        (core.attention, core.host) = (nil, nil)
        for graph in try smallGraphs() where graph.nodes.contains(where: { $0.operation is Attention }) {
            let failure = #expect(throws: Failure.self) { try Program(compiling: graph, for: core) }
            #expect(failure?.description.contains("no host") ?? false)
        }
    }

    @Test func `a core that cannot be is refused`() {
        for change: (inout Core) -> Void in [
            { $0.clock = 0 }, { $0.clock = .nan }, { $0.port.efficiency = 0 }, { $0.port.bits = 0 }, { $0.ternary.lanes = -1 },
            { $0.registers = 0 }, { $0.registerWidth = .max }, { $0.row?.lanes = 0 }, { ($0.row, $0.host) = (nil, nil) }, { $0.host?.cyclesPerOperation = .infinity },
            { $0.numberBits = 12 }, { $0.port.fifo = -1 }, { $0.cores = 0 },
        ] {
            var core = Core.small
            change(&core)
            #expect(throws: Failure.self) { try core.check() }
        }
    }
}

/// Text that nobody vouches for.
@Suite struct HostileProgramTests {
    @Test(arguments: 0..<8) func `damaged text is refused or times`(_ seed: UInt64) throws {
        let graph = try smallGraphs()[Int(seed) % 7], bytes = Array(try Program(compiling: graph, for: .small).text.utf8)
        var random = Random(seed: seed), refused = 0, timed = 0
        let signs = Array("0123456789xr-+*.,;\"\n \\AZaz#".utf8)
        for _ in 0..<60 {
            var damaged = bytes
            for _ in 0..<1 + Int(random.next() % 3) {
                let place = Int(random.next() % UInt64(damaged.count))
                switch random.next() % 3 {
                case 0: damaged[place] = signs[Int(random.next() % UInt64(signs.count))]
                case 1: damaged.insert(57, at: place)
                default: damaged.removeSubrange(place..<min(damaged.count, place + 1 + Int(random.next() % 40)))
                }
            }
            do {
                let program = try Program(assembling: String(decoding: damaged, as: UTF8.self))
                _ = try Timing(program, .small, past: 1 << 20)
                timed += 1
            } catch is Failure { refused += 1 }
        }
        #expect(refused > 0 && refused + timed == 60)
    }

    /// The largest operands on the slowest core.
    @Test(arguments: [
        "TMM r0, r1, 0xffffffff00, 0, 16384, 1048576", "ATT r0, r1, r2, r3, 0xffffffff00, 16777216, 1, 1, 0",
        "HOST.att r0, r1, r2, r3, 0, 1, 1, 16777216, 0", "ROW.call r0, -, -, -, -, -, 0xffffffffff, 16777216",
        "HOST.linear r0, r1, 0, 16384, 1048576", "LD r0, 0xffffffff00, 16777216", "ROPE r0, r1, 1, 16777216",
    ]) func `no size overflows`(_ line: String) throws {
        var core = Core.small
        core.port = Port(bits: 1, cyclesPerAccess: 1024, burst: 1, efficiency: 0.001, fifo: 1 << 36)
        (core.cores, core.scratchBytes, core.host) = (1024, 0, Host(cyclesPerOperation: 1e6))
        let program = try Program(assembling: String(repeating: line + "\n", count: 2000))
        do { #expect(try Timing(program, core, past: 1 << 24 - 1).cycles > 1 << 20) } catch is Failure {}
    }
}
