import Basis
import Templates
import Testing

/// Every template ends, and takes no more than it may.
@Suite struct LimitTests {
    private func refusal(_ source: String, _ values: JSONObject = [:]) -> String {
        var limits = TemplateLimits()
        (limits.fuel, limits.output, limits.fuelForInput, limits.outputForInput) = (200_000, 10_000, 0, 0)
        do {
            return "made \(try ChatTemplate(source).render(values, limits: limits).bytes.count) bytes"
        } catch { return "\(error)" }
    }

    @Test func stepsAreBounded() {
        let steps = "line 1: it takes more than 200000 steps"
        #expect(refusal("{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}") == steps)
        #expect(refusal("{{ ('x' * 1000000000)|length }}") == steps)
        #expect(refusal("{{ ([0] * 9999999999999)|length }}") == steps)
        #expect(refusal("{% set n = namespace(s='x') %}{% for i in range(40) %}{% set n.s = n.s + n.s %}{% endfor %}") == steps)
        let doubling = "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}"
        for use in ["n.s|string|length", "n.s == n.s", "n.s|tojson", "{}[n.s]", "n.s in [n.s]", "[n.s]|sort"] {
            #expect(refusal(doubling + "{{ \(use) }}") == (use == "{}[n.s]" ? "made 0 bytes" : steps), "\(use)")
        }
        #expect(refusal("{% set s = 'a' * 50000 %}{{ (s + 'b')|replace(s, '') }}{{ s.replace('', s) }}") == steps)
        #expect(refusal("{{ ''.zfill(999999999) }}") == steps)
        #expect(refusal("{{ range(99999999)|length }}") == "line 1: 'range' makes more than 100000 numbers")
    }

    @Test func outputIsBounded() {
        #expect(refusal("{{ 'x' * 10000 }}") == "made 10000 bytes")
        #expect(refusal("{{ 'x' * 10001 }}") == "line 1: it makes more than 10000 characters")
        let many = JSON.array(Array(repeating: 1, count: 300))
        #expect(refusal("{{ x|tojson(indent=64) }}", ["x": many]) == "line 1: it makes more than 10000 characters")
    }

    @Test func nestingIsBounded() {
        let deep = "line 1: it is nested too deep"
        func many(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }
        #expect(refusal("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}") == deep)
        #expect(refusal("{{ " + many(5000, "(") + "1" + many(5000, ")") + " }}") == "line 1: brackets are nested too deep")
        #expect(refusal("{{ " + many(5000, "not ") + "1 }}") == deep)
        #expect(refusal("{{ " + many(5000, "-") + "1 }}") == deep)
        #expect(refusal("{{ x" + many(5000, ".y") + " }}") == deep)
        #expect(refusal("{{ x" + many(5000, "|trim") + " }}") == deep)
        #expect(refusal("{{ 1" + many(5000, " if 1") + " }}") == deep)
        #expect(refusal(many(5000, "{% if 1 %}")) == deep)
        #expect(refusal("{{ 1" + many(5000, " + 1") + " }}") == "made 4 bytes")
        #expect(refusal("{{ 1" + many(5000, " and 1") + " }}") == "made 1 bytes")
        let lists = "{% set n = namespace(s=1) %}{% for i in range(200) %}{% set n.s = [n.s] %}{% endfor %}"
        #expect(refusal(lists) == "line 1: a list is nested too deep")
        // A chain of namespaces, and one that holds itself, are taken apart without descending.
        let chain = "{% set n = namespace() %}{% for i in range(3000) %}{% set n.s = namespace(s=n.s) %}{% endfor %}ok"
        #expect(refusal(chain) == "made 2 bytes")
        #expect(refusal("{% set n = namespace() %}{% set n.s = n %}{{ n.s.s.s is defined }}") == "made 4 bytes")
    }

    @Test func thereIsNoWayOut() {
        #expect(refusal("{{ ''.__class__ }}") == "made 0 bytes")
        #expect(refusal("{{ ''.__class__.__mro__ }}") == "line 1: '__class__' is undefined, so it has no '__mro__'")
        #expect(refusal("{{ x.__init__.__globals__ }}", ["x": [:]]) == "line 1: '__init__' is undefined, so it has no '__globals__'")
        #expect(refusal("{{ ''|attr('__class__') }}") == "made 0 bytes")
        #expect(refusal("{{ [].append(1) }}") == "line 1: 'append' would change a list, which a template may not")
        #expect(refusal("{{ x.update({}) }}", ["x": [:]]) == "line 1: 'update' would change an object, which a template may not")
        #expect(refusal("{{ '{0}'.format(1) }}") == "line 1: 'format' is not supported")
        #expect(refusal("{{ lipsum() }}") == "line 1: 'lipsum' is undefined, so it cannot be called")
        #expect(refusal("{% include 'x' %}") == "line 1: 'include' is not supported")
        #expect(refusal("{% import 'os' as os %}") == "line 1: 'import' is not supported")
    }

    @Test func failuresNameTheLine() {
        let cases = [
            ("a\n{{ x y }}", "line 2: expected '}}', found 'y'"),
            ("\n\n{% if 1 %}", "line 3: expected 'endif', found the end of the template"),
            ("{{ 'a }}", "line 1: a string has no end"), ("{# a", "line 1: a comment has no end"),
            ("{{ 1 ? 2 }}", "line 1: unexpected character '?'"),
            ("{% endif %}", "line 1: 'endif' is not supported"), ("{{ 1|x }}", "line 1: there is no filter 'x'"),
            ("{{", "line 1: a tag has no end"),
            ("{% break %}", "line 1: 'break' outside of a loop"), ("{{ 1 / 0 }}", "line 1: division by zero"),
            ("\n{{ none + 1 }}", "line 2: no operation of these on types NoneType and int"),
            ("{{ 9223372036854775807 + 1 }}", "line 1: a number is too large"),
            ("{{ raise_exception('no ' ~ 1) }}", "the template refuses it: no 1"), ("{% set x.y = 1 %}", "line 1: 'x' is no namespace"),
            ("{% for a, b in [[1]] %}{% endfor %}", "line 1: 1 values for 2 names"),
            ("{{ x.y.z }}", "line 1: 'x' is undefined, so it has no 'y'"),
            ("{{ namespace()|tojson }}", "line 1: a value of type Namespace cannot be written as JSON"),
        ]
        for (source, message) in cases { #expect(refusal(source) == message, "\(source)") }
    }
}
