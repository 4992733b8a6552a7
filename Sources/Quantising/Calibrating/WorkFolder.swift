import Basis
import Models
import Safetensors
import Tensors

/// Where matrices wait that are done, a file each, until all are: a run that was ended goes on from them. A file says whose it is; what
/// belongs to another run is made anew.
public final class WorkFolder {
    private let path: String
    /// What the run is: options, model, text, as a digest.
    private let identity: String
    private var files: [String] = []

    private static let identityKey = "tern.quantisation"
    private static let errorKey = "tern.error"
    private static let digestKey = "tern.sha256"
    private let lock: FolderLock

    private let isTemporary: Bool

    /// Of a temporary one the files are gone as soon as this is, whatever ends the run.
    public init(_ path: String, identity: String, isTemporary: Bool = false) throws {
        (self.path, self.identity, self.isTemporary) = (path, identity, isTemporary)
        try createFolder(path)
        lock = try FolderLock(path)
    }

    /// A matrix that is done.
    public struct Matrix {
        public let weight: Weight
        public let form: PlaneForm
        public let tensors: SafetensorsFile
        /// Σ(w - ŵ)² and Σw².
        public let squareSums: (error: Double, total: Double)
    }

    private func file(_ number: Int) -> String { "\(path)/\(number).safetensors" }

    /// Matrix `number` as it was left by an earlier run; nil if it was not.
    func finished(_ number: Int, _ weight: Weight, _ form: PlaneForm) -> Matrix? {
        guard let tensors = try? SafetensorsFile(Descriptor(reading: file(number))), let codes = tensors.entries.first,
            codes.name == weight.name, codes.shape == weight.planeShape(form),
            tensors.header.metadata[Self.identityKey]?.stringValue == identity,
            let text = tensors.header.metadata[Self.errorKey]?.stringValue,
            let digest = tensors.header.metadata[Self.digestKey]?.stringValue, (try? Self.digest(tensors)) == digest
        else { return nil }
        let sums = text.split(separator: " ").compactMap { Double($0) }
        guard sums.count == 2 else { return nil }
        files.append(file(number))
        return Matrix(weight: weight, form: form, tensors: tensors, squareSums: (sums[0], sums[1]))
    }

    /// Keeps matrix `number`; its file is whole or not there.
    func keep(_ number: Int, _ planes: PlaneMatrix) throws -> Matrix {
        let sink = try Output.open(file(number)), tensors = try planes.tensors(), sums = planes.squareSums
        files.append(file(number))
        let header = try SafetensorsHeader(
            entries: tensors.map(\.entry),
            metadata: [
                Self.identityKey: .string(identity), Self.errorKey: .string("\(sums.error) \(sums.total)"),
                Self.digestKey: .string(try Self.digest(tensors.map(\.bytes))),
            ])
        let writer = try SafetensorsWriter(header, to: sink)
        for tensor in tensors { try writer.write(tensor.bytes) }
        try writer.finish()
        try sink.close()
        guard let matrix = finished(number, planes.weight, planes.form) else { throw Failure("'\(file(number))' has changed") }
        if isTemporary { removeFile(file(number)) }
        return matrix
    }

    private static func digest(_ tensors: SafetensorsFile) throws -> String {
        let hash = try SHA256()
        for index in tensors.entries.indices { try tensors.withBytes(index) { try hash.update($0) } }
        return try hash.finish().hex
    }

    private static func digest(_ parts: [UnsafeRawBufferPointer]) throws -> String {
        let hash = try SHA256()
        for part in parts { try hash.update(part) }
        return try hash.finish().hex
    }

    /// Removes what the run has put there, and the folder if nothing else is in it.
    public func remove() { removeFolder(path, files: files + [lock.file]) }
}
