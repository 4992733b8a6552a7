/// A binary heap: the least element comes out first.
struct Heap<Element: Comparable> {
    private var elements: [Element] = []

    mutating func removeAll() { elements.removeAll(keepingCapacity: true) }

    mutating func push(_ element: Element) {
        elements.append(element)
        siftUp(elements.count - 1)
    }

    /// Adds an element without putting it in its place; `order` must follow before anything else.
    mutating func add(_ element: Element) { elements.append(element) }

    mutating func order() {
        for at in (0..<elements.count / 2).reversed() { siftDown(at) }
    }

    mutating func pop() -> Element? {
        guard let top = elements.first, let last = elements.popLast() else { return nil }
        if !elements.isEmpty {
            elements[0] = last
            siftDown(0)
        }
        return top
    }

    private mutating func siftUp(_ start: Int) {
        var at = start
        while at > 0, elements[at] < elements[(at - 1) / 2] {
            elements.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var at = start
        let moving = elements[at]
        while true {
            var child = 2 * at + 1
            guard child < elements.count else { break }
            if child + 1 < elements.count, elements[child + 1] < elements[child] { child += 1 }
            guard elements[child] < moving else { break }
            elements[at] = elements[child]
            at = child
        }
        elements[at] = moving
    }
}
