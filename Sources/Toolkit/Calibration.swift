import Basis
import Models
import Quantising
import Tensors

/// What `quantize --calibration` is told.
public struct Calibration: Sendable {
    /// Text, JSON lines or tokens, as `think-train` reads them.
    public var text: [String] = []
    public var windows = 64
    public var context = 256
    public var compensation = Compensation()
    /// Where what is done waits; nil for a temporary folder.
    public var folder: String?

    public init() {}

    /// What a container's history says of it.
    func options(_ text: CalibrationText) -> JSONObject {
        [
            "calibration": .string(text.digest), "windows": .integer(windows), "context": .integer(context),
            "damping": JSON(compensation.damping), "sorted": .bool(compensation.isSorted), "asymmetry": JSON(compensation.asymmetry),
        ]
    }
}
