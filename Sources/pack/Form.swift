import ArgumentParser
import Toolkit

/// What `--to` converts to.
enum Form: Equatable, ExpressibleByArgument {
    case raw, tern
    /// Packed or in floats, if that is said.
    case huggingface(HuggingFaceExport.Style?)
    /// With the type of its matrices, if one is named.
    case gguf(String?)

    init?(argument: String) {
        switch argument {
        case "raw": self = .raw
        case "tern": self = .tern
        case "huggingface": self = .huggingface(nil)
        case "huggingface:packed": self = .huggingface(.packed)
        case "huggingface:floats": self = .huggingface(.floats)
        case "gguf": self = .gguf(nil)
        default:
            guard argument.hasPrefix("gguf:"), case let type = String(argument.dropFirst(5)).lowercased(),
                GGUFConversion.types.contains(type)
            else { return nil }
            self = .gguf(type)
        }
    }

    static var allValueStrings: [String] {
        ["raw", "tern", "huggingface", "huggingface:packed", "huggingface:floats", "gguf"] + GGUFConversion.types.map { "gguf:\($0)" }
    }
}
