import Tensors
import Testing

@Test func everyLevelComputesWhatItsDefinitionSays() {
    let results = selfTest()
    for result in results { #expect(result.passed, "\(result.name) at \(result.level): \(result.detail)") }
    #expect(Set(results.map(\.level)) == Set(KernelLevel.available))
}
