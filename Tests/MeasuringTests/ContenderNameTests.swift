import Basis
import Measuring
import Tensors
import Testing

/// How the sides of a comparison are named.
@Suite struct ContenderNameTests {
    private func model(_ text: String) throws -> (String, ContenderName.Variant) {
        guard case .model(let argument, let variant) = try ContenderName(text).kind else { throw Failure("'\(text)' is no model") }
        return (argument, variant)
    }

    @Test func `what looks like a variant is one, other commas belong to the path`() throws {
        #expect(try model("a.tern") == ("a.tern", ContenderName.Variant()))
        let (argument, variant) = try model("a,b.tern,threads=2,batch=16,level=scalar,cache=f16,embedding=int6")
        #expect(argument == "a,b.tern" && variant.threads == 2 && variant.batch == 16)
        #expect(variant.level == .scalar && variant.cache == .float16 && variant.embedding == .six)
        for path in ["a,b.tern", "a,threads.tern", "x=1,y=2", ",", "a,", "threads=2"] { #expect(try model(path).0 == path) }
        #expect(try model("shape:x,embedding=int8,threads=1").0 == "shape:x,embedding=int8")
        #expect(try model("shape:x,threads=1,embedding=int8").0 == "shape:x,embedding=int8")
    }

    @Test(arguments: ["x,threads=0", "x,threads=two", "x,threads=", "x,batch=4097", "x,level=fast", "x,cache=f64", "x,embedding=int5"])
    func `a variant that cannot be is refused`(_ text: String) { #expect(throws: Failure.self) { try ContenderName(text) } }

    @Test func `a command is taken as it is`() throws {
        #expect(try ContenderName("command:a, threads=0").kind == .command("a, threads=0"))
    }
}
