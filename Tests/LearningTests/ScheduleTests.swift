import Learning
import Testing

@Suite struct ScheduleTests {
    @Test(arguments: Schedule.allCases) func `the rate rises in a line and begins at its largest`(_ schedule: Schedule) {
        let shares = (0..<14).map { schedule.share(step: $0, of: 100, warmup: 10) }
        for step in 0..<10 { #expect(abs(shares[step] - Double(step + 1) / 10) < 1e-12) }
        #expect(shares[10] == 1 && shares[13] <= 1)
    }

    @Test func `each schedule falls as its name says`() {
        func shares(_ schedule: Schedule) -> [Double] { (0..<100).map { schedule.share(step: $0, of: 100, warmup: 0) } }
        #expect(shares(.constant).allSatisfy { $0 == 1 })
        #expect(abs(shares(.linear)[25] - 0.75) < 1e-12)
        #expect(abs(shares(.cosine)[25] - 0.8535533905932737) < 1e-12)
        #expect(zip(shares(.cosine), shares(.halving)).enumerated().allSatisfy { $1.1 == ($0 < 50 ? $1.0 : $1.0 / 2) })
    }
}
