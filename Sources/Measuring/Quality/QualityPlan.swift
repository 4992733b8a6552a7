import Basis
import Tensors

/// What is asked of a model, and how.
public struct QualityPlan: Sendable {
    /// As the command line names it.
    public var model: String
    /// The model that it is compared with, question by question and window by window.
    public var reference: String?
    /// What `--layout` says.
    public var layout: String?
    /// What tables of floats become while they are loaded; nil leaves them as they are.
    public var embedding: IntegerBits?
    /// What keys and values are kept in.
    public var cache = CacheElement.float32
    /// Files of documents to predict.
    public var data: [String] = []
    /// The share at the end of each of them that is predicted.
    public var heldOut = 1.0
    /// How they are cut in windows.
    public var windowing = TextWindowing.sliding
    /// The most windows of them.
    public var windows = 64
    /// Tokens of a window; nil is what is usual, or what the model was made for if that is less.
    public var context: Int?
    /// Tokens from one sliding window to the next; nil is all of a window's.
    public var stride: Int?
    /// Files of questions.
    public var questions: [String] = []
    /// Tasks that others use, too.
    public var tasks: [TaskFiles] = []
    /// The most questions of each of them; nil is all.
    public var limit: Int?
    /// Examples before a question, where a task has a file of such.
    public var shots = 5
    /// Tokens of thought before each token that is predicted; 0 is not to think. Others are compared with the first. No model thinks
    /// where there is a reference.
    public var think = [0]
    /// Of drawing thoughts; 0 takes the likeliest tokens.
    public var thinkTemperature = 0.0
    public var seed: UInt64 = 0
    /// Texts that go through the model together, which changes no result.
    public var batch = 64

    public init(_ model: String) { self.model = model }

    /// What draws begin with in a text: the first has the seed itself.
    func seed(ofText number: Int) -> UInt64 { seed &+ UInt64(number) &* 0xd134_2543_de82_ef95 }

    /// The ways in which everything is asked, all after the first of which are compared with the first.
    var ways: [QualityWay] {
        (reference == nil ? [] : [QualityWay(think: 0, isReference: true)]) + think.map { QualityWay(think: $0, isReference: false) }
    }
}

/// Who is asked, and how.
struct QualityWay: Hashable, Sendable {
    /// Tokens of thought before each token.
    let think: Int
    /// Whether it is the reference that is asked, or the model itself.
    let isReference: Bool
}
