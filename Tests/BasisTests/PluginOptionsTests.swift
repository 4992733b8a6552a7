import Basis
import TestFiles
import Testing

@Suite struct PluginOptionsTests {
    private let known = [PluginOption("layers", "6", "blocks"), PluginOption("rate", "0.5", "a rate"), PluginOption("tied", "false", "a flag")]

    @Test func `what is given holds, and what is declared where nothing is`() throws {
        let options = try PluginOptions(parsing: "x:layers=2").declared(as: known)
        #expect(options.name == "x")
        #expect(try options.integer("layers", in: 1...4) == 2)
        #expect(try options.number("rate", in: 0...1) == 0.5)
        #expect(try !options.flag("tied"))
        #expect(options.text == "x:layers=2,rate=0.5,tied=false")
        #expect(try PluginOptions(parsing: options.text).declared(as: known).text == options.text)
        #expect(try PluginOptions(parsing: "x").declared(as: []).text == "x")
    }

    @Test(arguments: [
        ("", "names nothing"), (":a=1", "names nothing"), ("x:", "not of the form"), ("x:layers", "not of the form"), ("x:=1", "not of the form"),
        ("x:layers=1,layers=2", "twice"), ("x:depth=1", "no option 'depth'; known: layers, rate, tied"),
        ("x:layers=0", "takes an integer of 1 to 9 as 'layers', not '0'"), ("x:layers=1e3", "takes an integer"),
        ("x:layers=", "takes an integer"), ("x:rate=nan", "takes a number"), ("x:rate=2", "takes a number"), ("x:tied=yes", "true or false"),
    ]) func `what is wrong is told`(_ text: String, _ expected: String) {
        let found = fact {
            let options = try PluginOptions(parsing: text).declared(as: known)
            _ = try (options.integer("layers", in: 1...9), options.number("rate", in: 0...1), options.flag("tied"))
        }
        #expect(found.contains(expected), "\(found)")
    }
}
