import Basis
import Glibc
import Tensors

/// The machine that numbers were taken on.
public struct MachineDescription: Hashable, Sendable {
    /// As the system calls it: `AMD EPYC`.
    public let processor: String
    /// Processors that this process may run on.
    public let processors: Int
    public let level: KernelLevel

    public init(_ kernels: Kernels) {
        processor = MachineDescription.processorName(systemFile("/proc/cpuinfo") ?? [])
        (processors, level) = (ThreadPool.processors, kernels.level)
    }

    /// What /proc/cpuinfo says under `model name`.
    static func processorName(_ text: [UInt8]) -> String {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "model name".utf8) {
            let name = line.drop { $0 != UInt8(ascii: ":") }.dropFirst().drop { $0 == UInt8(ascii: " ") }
            return String(decoding: name, as: UTF8.self)
        }
        return "unknown"
    }
}

/// The most memory that this process has had resident, in bytes; nil where the system does not say.
public func peakResidentBytes() -> Int? {
    guard let status = systemFile("/proc/self/status") else { return nil }
    for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "VmHWM:".utf8) {
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return words.dropFirst().first.flatMap { Int(String(decoding: $0, as: UTF8.self)) }.map { 1024 * $0 }
    }
    return nil
}

/// The memory of this machine, in bytes.
func physicalBytes() -> Int { max(1, sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))) }

/// A file that the system makes up as it is read; nil where there is none, or none that may be read.
func systemFile(_ path: String) -> [UInt8]? { try? DescriptorReader(Descriptor(reading: path)).readAll(limit: 1 << 24) }
