/// The devices that come with Tern, and the energy tables that they name: files that are part of every program that knows them.
public enum BundledDevices {
    public struct File: Sendable {
        public let name: String
        public let json: [UInt8]
    }

    public static let devices: [File] = [
        File(name: "a100-40g", json: PackageResources.a100_40g_json),
        File(name: "a100-80g", json: PackageResources.a100_80g_json),
        File(name: "arty-a7-35t", json: PackageResources.arty_a7_35t_json),
        File(name: "b200", json: PackageResources.b200_json),
        File(name: "d5005", json: PackageResources.d5005_json),
        File(name: "epyc-7v13-1t", json: PackageResources.epyc_7v13_1t_json),
        File(name: "groq-lpu", json: PackageResources.groq_lpu_json),
        File(name: "h100", json: PackageResources.h100_json),
        File(name: "h200", json: PackageResources.h200_json),
        File(name: "jetson-agx-orin", json: PackageResources.jetson_agx_orin_json),
        File(name: "jetson-agx-orin-cpu", json: PackageResources.jetson_agx_orin_cpu_json),
        File(name: "jetson-orin-nano", json: PackageResources.jetson_orin_nano_json),
        File(name: "kv260", json: PackageResources.kv260_json),
        File(name: "loihi2", json: PackageResources.loihi2_json),
        File(name: "loihi2-x24", json: PackageResources.loihi2_x24_json),
        File(name: "m2-ultra", json: PackageResources.m2_ultra_json),
        File(name: "m2-ultra-1t", json: PackageResources.m2_ultra_1t_json),
        File(name: "m2-ultra-4t", json: PackageResources.m2_ultra_4t_json),
        File(name: "northpole", json: PackageResources.northpole_json),
        File(name: "northpole-x16", json: PackageResources.northpole_x16_json),
        File(name: "raspberry-pi-5", json: PackageResources.raspberry_pi_5_json),
        File(name: "rtx-3060", json: PackageResources.rtx_3060_json),
        File(name: "ryzen-5950x", json: PackageResources.ryzen_5950x_json),
        File(name: "slim-llama", json: PackageResources.slim_llama_json),
        File(name: "snapdragon-8-gen3-npu", json: PackageResources.snapdragon_8_gen3_npu_json),
        File(name: "sohu", json: PackageResources.sohu_json),
        File(name: "u280-hbm", json: PackageResources.u280_hbm_json),
        File(name: "u280-onchip", json: PackageResources.u280_onchip_json),
    ]

    public static let energyTables: [File] = [
        File(name: "aladdin-40nm", json: PackageResources.aladdin_40nm_json),
        File(name: "horowitz-45nm", json: PackageResources.horowitz_45nm_json),
        File(name: "jouppi-7nm", json: PackageResources.jouppi_7nm_json),
    ]
}
