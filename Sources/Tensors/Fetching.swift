import CTernKernels

/// Asks for memory that will soon be read, without waiting for it. Changes nothing but the time that reading takes.
public func fetch(_ bytes: UnsafeRawBufferPointer) { tern_fetch(bytes.baseAddress, bytes.count) }
