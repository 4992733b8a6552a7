/// The devices that come with Tern, and the energy tables that they name: files that are part of every program that knows them.
public enum BundledDevices {
    public struct File: Sendable {
        public let name: String
        public let json: [UInt8]
    }

    public static let devices: [File] = [
        File(name: "d5005", json: PackageResources.d5005_json),
        File(name: "arty-a7-35t", json: PackageResources.arty_a7_35t_json),
        File(name: "a100-40g", json: PackageResources.a100_40g_json),
        File(name: "a100-80g", json: PackageResources.a100_80g_json),
        File(name: "h100", json: PackageResources.h100_json),
        File(name: "raspberry-pi-5", json: PackageResources.raspberry_pi_5_json),
    ]

    public static let energyTables: [File] = [
        File(name: "horowitz-45nm", json: PackageResources.horowitz_45nm_json),
        File(name: "jouppi-7nm", json: PackageResources.jouppi_7nm_json),
        File(name: "aladdin-40nm", json: PackageResources.aladdin_40nm_json),
    ]
}
