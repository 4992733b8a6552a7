import Support
import TestFiles

// Devices and workloads that cannot be simulated.
extension BadInput {
    private static let shape = "shape:mmfree-370m"

    private static func simulation(_ what: String, _ fact: String, status: Int32 = 2, output: String? = nil, _ arguments: String...) -> BadInput {
        BadInput("sim-hw: \(what)", "sim-hw", fact, status: status, output: output) { _ in arguments }
    }

    private static func file(_ what: String, _ fact: String, _ name: String, _ content: String, _ arguments: String...) -> BadInput {
        BadInput("sim-hw: \(what)", "sim-hw", fact) { scratch in arguments + [try scratch.write(name, content)] }
    }

    private static let wrongUsage: [(String, [String])] = [
        ("expected argument", []), ("expected argument", ["run"]), ("expected argument", ["sweep"]), ("argument", ["explain", "a", "b"]),
        ("--prompt takes a number of 0 to 16777216", [shape, "--prompt", "16777217"]), ("--tokens takes", [shape, "--tokens", "0"]),
        ("--batch takes", [shape, "--batch", "0"]), ("--zeros takes a share", [shape, "--zeros", "1.5"]), ("--zeros", [shape, "--zeros", "nan"]),
        ("bits", [shape, "--bits", "3"]), ("tables", [shape, "--tables", "fp12"]), ("cache", [shape, "--cache", "f16"]),
        ("--chips takes a number of 1 to 1000000", [shape, "--chips", "0"]), ("chips", [shape, "--chips", "many"]),
        ("--prompts", ["sweep", shape, "--prompts", "16777217"]), ("--batches", ["sweep", shape, "--batches", "0"]),
        ("chips", ["sweep", shape, "--chips", "0"]), ("batches", ["sweep", shape, "--batches", "1,x"]), ("--tokens", ["sweep", shape, "--tokens", "0"]),
        ("only one of --json and --csv", ["sweep", shape, "--json", "--csv"]), ("unknown option", [shape, "--frobs"]),
    ]

    static let hardware: [BadInput] = wrongUsage.map { fact, arguments in
        BadInput("sim-hw \(arguments.joined(separator: " "))", "sim-hw", fact, status: 64) { _ in arguments }
    } + [
        simulation("no such device", "there is no device 'abacus'; known: a100-40g", shape, "--device", "abacus"),
        simulation("no such device in a sweep", "there is no device ''", "sweep", shape, "--devices", ""),
        simulation("no such device to print", "there is no device 'abacus'", "devices", "abacus"),
        simulation("no such file of a device", "cannot open 'abacus.json'", shape, "--device", "abacus.json"),
        simulation("no such model", "cannot open 'nowhere'", "nowhere"),
        simulation("no such shape", "there is no shape 'x'", "shape:x"),
        simulation("an unknown path", "there is no 'frobs'; known here: device, title", shape, "--set", "frobs.x=3"),
        simulation("an unknown key", "'frobs' is unknown", shape, "--set", "frobs=3"),
        simulation("an unknown memory", "there is no 'HBM9'; known here: HBM2e", shape, "--set", "memories.HBM9.bandwidth=3"),
        simulation("a path through a word", "there is nothing below", shape, "--set", "title.x=3"),
        simulation("a setting that is none", "is not of the form path=value", shape, "--set", "overhead"),
        simulation("a setting of nothing", "is not of the form path=value", shape, "--set", "=3"),
        simulation("a setting that is no number", "'fast' is no number, with or without a unit", shape, "--set", "overhead=fast"),
        simulation("a setting with an unknown unit", "which is no unit", shape, "--set", "overhead=3 fortnights"),
        simulation("a setting with another unit", "a unit of bytes", shape, "--set", "overhead=3 kB"),
        simulation("a setting that is not finite", "expected a number", shape, "--set", "overhead=nan"),
        simulation("a setting beyond all bounds", "'overhead.value' is", shape, "--set", "overhead=1e300"),
        simulation("a setting in place of an object", "more than a number", shape, "--set", "engines.vector=3"),
        simulation("nothing in place of what must be", "'engines.vector' is missing", shape, "--set", "engines.vector=null"),
        simulation("several chips without a link", "'link' is missing: 2 chips", shape, "--device", "raspberry-pi-5", "--chips", "2"),
        simulation("more than can be counted", "more operations than can be counted", shape, "--prompt", "16777216", "--batch", "1048576"),
        simulation("a plot of no kind", "png", shape, "--plot", "x.gif"),
        simulation("a full disk behind the trace", "cannot write to '/dev/full': no space left on device", shape, "--trace", "/dev/full"),
        simulation("a full disk behind stdout", "cannot write to 'standard output': no space", output: "/dev/full", shape),
        simulation("a full disk behind JSON", "cannot write to 'standard output': no space", output: "/dev/full", shape, "--json"),
        simulation("a full disk behind a sweep", "cannot write to 'standard output': no space", output: "/dev/full", "sweep", shape, "--csv"),
        simulation("a full disk behind devices", "cannot write to 'standard output': no space", output: "/dev/full", "devices", "h100"),
        simulation("a full disk behind validate", "cannot write to 'standard output': no space", output: "/dev/full", "validate"),
        file("an empty device", "the text ends too early", "x.json", "", shape, "--device"),
        file("a device that is a list", "the file holds no object", "x.json", "[]", shape, "--device"),
        file("a device without a name", "'device' is missing", "x.json", "{}", shape, "--device"),
        file("a device cut off", "bad JSON at byte 10", "x.json", "{\"device\":", shape, "--device"),
        file("a device in depth", "nested more than 64 deep", "x.json", String(repeating: "[", count: 100_000), shape, "--device"),
        file("a device that says a thing twice", "key 'device' occurs twice", "x.json", "{\"device\":\"a\",\"device\":\"b\"}", shape, "--device"),
        file("a configuration of no family", "'zebra'", "x.json", "{\"model_type\": \"zebra\"}"),
        file(
            "more weights than anyone has", "the model has more than 1e14 weights", "x.json",
            "{\"model_type\": \"hgrn_bit\", \"vocab_size\": 67, \"hidden_size\": 16777216, \"num_hidden_layers\": 1000, \"intermediate_size\": 8388608}"),
        file(
            "a configuration beyond all bounds", "x.json", "x.json",
            "{\"model_type\": \"llama\", \"vocab_size\": 9007199254740992, \"hidden_size\": 9007199254740992, \"num_hidden_layers\": 2, "
                + "\"intermediate_size\": 9007199254740992, \"num_attention_heads\": 1}"),
        file(
            "more layers than anyone has", "x.json", "x.json",
            "{\"model_type\": \"hgrn_bit\", \"vocab_size\": 67, \"hidden_size\": 36, \"num_hidden_layers\": 1000000000, \"intermediate_size\": 50}"),
        file("a configuration cut off", "bad JSON at byte", "x.json", "{\"model_type\": "),
    ]
}
