import Basis
import Models
import Safetensors
import Tensors

/// A run in a file, from which it goes on as if it had never stopped: safetensors with each latent weight under its name and the
/// optimiser's two means under `adam.first.` and `adam.second.` and that name, F32; the metadata `tern.training` tells the rest.
public struct TrainingCheckpoint {
    public let plan: TrainingPlan
    /// Optimiser steps taken.
    public let steps: Int
    /// What the program that wrote it wants to find again.
    public let notes: JSON
    private let file: SafetensorsFile
    /// SHA-256 of all numbers.
    private let digest: String?

    private static let metadataKey = "tern.training"

    public init(_ path: String) throws {
        file = try SafetensorsFile(Descriptor(reading: path))
        (plan, steps, notes, digest) = try naming(path) { [file] in
            guard let text = file.header.metadata[Self.metadataKey]?.stringValue else {
                throw Failure("is no checkpoint of a training run")
            }
            let json = try JSON(parsing: text)
            guard let steps = json["step"]?.intValue, steps >= 0 else { throw Failure("says no 'step'") }
            return (try TrainingPlan(json["plan"] ?? .null), steps, json["notes"] ?? .null, json["digest"]?.stringValue)
        }
    }

    /// Puts the run where it was.
    public func restore(_ trainer: Trainer) throws {
        for (prefix, numbers) in trainer.saved { try Self.read(file, prefix, trainer.latents, into: numbers) }
        guard try Self.digest(trainer) == digest else {
            throw Failure("'\(file.name)' is damaged: its numbers are not those that were written")
        }
        trainer.optimiser.resume(steps: steps - trainer.round.start)
    }

    private static func digest(_ trainer: Trainer) throws -> String {
        let digest = try SHA256()
        for (_, numbers) in trainer.saved { try digest.update(UnsafeRawBufferPointer(numbers)) }
        return try digest.finish().hex
    }

    /// Takes the latent weights from what `writeModel` wrote.
    public static func readModel(_ latents: Latents, from path: String) throws {
        try read(SafetensorsFile(Descriptor(reading: path)), "", latents, into: latents.values)
    }

    private static func read(
        _ file: SafetensorsFile, _ prefix: String, _ latents: Latents, into numbers: UnsafeMutableBufferPointer<Float>
    ) throws {
        try naming(file.name) {
            for (weight, range) in zip(latents.weights, latents.ranges) {
                try read(file, prefix + weight.source, weight, into: UnsafeMutableBufferPointer(rebasing: numbers[range]))
            }
        }
    }

    private static func read(
        _ file: SafetensorsFile, _ name: String, _ weight: Weight, into numbers: UnsafeMutableBufferPointer<Float>
    ) throws {
        guard let index = file.index(of: name) else { throw Failure("tensor '\(name)' is missing") }
        let entry = file.entries[index]
        guard entry.element == .float32, entry.shape == weight.shape else { throw Failure("tensor '\(name)' has another shape or type") }
        try file.read(index, into: UnsafeMutableRawBufferPointer(numbers))
    }

    /// Writes the run's state; the file appears when it is complete.
    public static func write(_ trainer: Trainer, notes: JSON, to path: String) throws {
        let description: JSON = [
            "step": .integer(trainer.steps), "plan": trainer.plan.json, "notes": notes, "digest": .string(try digest(trainer)),
        ]
        try write(trainer.saved, of: trainer.latents, metadata: [metadataKey: .string(description.compact)], to: path)
    }

    /// Writes the latent weights alone, as a float checkpoint of the model.
    public static func writeModel(_ latents: Latents, to path: String) throws {
        try write([("", latents.values)], of: latents, metadata: ["format": "pt"], to: path)
    }

    private static func write(
        _ parts: [(prefix: String, numbers: UnsafeMutableBufferPointer<Float>)], of latents: Latents, metadata: JSONObject, to path: String
    ) throws {
        let entries = try parts.flatMap { part in
            try latents.weights.map { try TensorEntry(name: part.prefix + $0.source, element: .float32, shape: $0.shape) }
        }
        let header = try SafetensorsHeader(entries: entries, metadata: metadata)
        let sink = try Output.open(path), writer = try SafetensorsWriter(header, to: sink)
        for part in parts {
            let bytes = UnsafeRawBufferPointer(part.numbers)
            for range in latents.ranges {
                try writer.write(UnsafeRawBufferPointer(rebasing: bytes[4 * range.lowerBound..<4 * range.upperBound]))
            }
        }
        try writer.finish()
        try sink.close()
    }
}

extension Trainer {
    /// All numbers that a run remembers, laid out as the latent weights are.
    fileprivate var saved: [(prefix: String, numbers: UnsafeMutableBufferPointer<Float>)] {
        [
            ("", latents.values), ("adam.first.", optimiser.first.bytes.bindMemory(to: Float.self)),
            ("adam.second.", optimiser.second.bytes.bindMemory(to: Float.self)),
        ]
    }
}
