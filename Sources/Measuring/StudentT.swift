import Glibc

/// Student's t distribution.
enum StudentT {
    static let confidence = 0.95

    /// What |t| stays below with this confidence, for so many degrees of freedom, 1 or more.
    static func bound(degrees: Int) -> Double {
        // One degree of freedom has the largest one, 12.7.
        var low = 1.0, high = 13.0
        while true {
            let middle = (low + high) / 2
            guard low < middle, middle < high else { return high }
            if probability(within: middle, degrees: degrees) < confidence { low = middle } else { high = middle }
        }
    }

    /// P(|T| < t): Abramowitz and Stegun 1964, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
    static func probability(within t: Double, degrees: Int) -> Double {
        let angle = atan(t / sqrt(Double(degrees))), cosine = cos(angle), isOdd = degrees % 2 == 1
        var term = isOdd ? cosine : 1, sum = degrees == 1 ? 0 : term
        for factor in stride(from: isOdd ? 3 : 2, to: degrees, by: 2) {
            term *= cosine * cosine * Double(factor - 1) / Double(factor)
            sum += term
        }
        return isOdd ? 2 / Double.pi * (angle + sin(angle) * sum) : sin(angle) * sum
    }
}
