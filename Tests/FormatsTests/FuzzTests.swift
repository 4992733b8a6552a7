import Fuzzing
import TestFiles
import Testing

@Suite struct FuzzTests {
    @Test(arguments: Fuzzer.all.indices) func `no damaged input crashes a reader or is read wrongly`(number: Int) throws {
        let tally = try Fuzzer.all[number].run(seconds: 60, inputs: 400, folder: Scratch().path)
        #expect(tally.inputs == 400 && tally.refused > 0)
    }
}
