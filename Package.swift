// swift-tools-version:6.2
import PackageDescription

// Targets are listed by hand, a line each: SwiftPM caches what a manifest reads from disk.
// `make test` checks the list against the folders and the imports against ARCHITECTURE.md.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "tern",
    dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
    targets: [
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CTernKernels"),
        .target(name: "Basis", dependencies: ["CCrypto"]),
        .target(name: "Tensors", dependencies: ["Basis", "CTernKernels"]),
        .target(name: "Tokens", dependencies: ["Basis"]),
        .target(name: "Models", dependencies: ["Basis", "Tensors"]),
        .testTarget(name: "BasisTests", dependencies: ["Basis"]),
        .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CTernKernels"]),
    ]
)
