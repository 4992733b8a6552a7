import Basis
import Models
import Quantising
import Tensors

/// Makes all matrices planes on a calibration text: as they are, turned, or whichever of the two predicts the judged part of the text
/// better.
struct CalibratedRun {
    let graph: Graph
    let quantiser: any Quantiser.Type
    let forms: [String: PlaneForm]
    let text: CalibrationText
    let calibration: Calibration
    let identity: String
    let kernels: Kernels
    let threads: ThreadPool

    struct Result {
        let tensors: any TensorSource
        let matrices: [WorkFolder.Matrix]
        var folders: [WorkFolder]
        /// What the report says of the choice.
        var remark: JSON?
    }

    func planes(
        of tensors: any TensorSource, rotation: RotationChoice, _ turned: () throws -> any TensorSource, canTurn: Bool, _ progress: Progress
    ) throws -> Result {
        let parent = try calibration.folder ?? createTemporaryFolder("quantize-")
        switch rotation {
        case .none: return try made(tensors, parent, progress)
        case .hadamard: return try made(turned(), parent, progress)
        case .auto where !canTurn:
            var result = try made(tensors, parent, progress)
            result.remark = ["chosen": "none", "reason": .string(Rotation.refusal)]
            return result
        case .auto: return try better(tensors, turned(), parent, progress)
        }
    }

    private func made(_ tensors: any TensorSource, _ path: String, _ progress: Progress) throws -> Result {
        let folder = try WorkFolder(path, identity: identity, isTemporary: calibration.folder == nil)
        let plan = CalibrationPlan(graph, tensors, quantiser, forms: forms, texts: text.learnt, calibration.compensation)
        var matrices: [WorkFolder.Matrix] = []
        do {
            let result = try CalibratedMatrices(plan, folder, kernels, threads).run { matrix in
                matrices.append(matrix)
                progress.advance(to: matrices.count, of: forms.count, note: matrix.weight.name)
            }
            return Result(tensors: result, matrices: matrices, folders: [folder])
        } catch {
            // Nobody would find it again.
            if calibration.folder == nil { folder.remove() }
            throw error
        }
    }

    private func better(_ tensors: any TensorSource, _ turned: any TensorSource, _ path: String, _ progress: Progress) throws -> Result {
        let parent = try WorkFolder(path, identity: identity)
        let plain = try made(tensors, path + "/plain", progress), other = try made(turned, path + "/turned", progress)
        let judge = try Judge(graph, tensors, texts: text.judged, kernels, threads)
        let losses = (plain: try judge.verdict(on: plain.tensors).loss, turned: try judge.verdict(on: other.tensors).loss)
        var result = losses.turned < losses.plain ? other : plain
        result.folders = plain.folders + other.folders + [parent]
        result.remark = [
            "chosen": losses.turned < losses.plain ? "hadamard" : "none", "loss": .number(losses.plain),
            "loss_turned": .number(losses.turned),
        ]
        return result
    }
}
