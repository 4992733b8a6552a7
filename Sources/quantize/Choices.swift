import ArgumentParser
import Toolkit

/// What `--scales` takes.
enum Scales: String, ExpressibleByArgument, CaseIterable { case tied, free }

extension RotationChoice: ExpressibleByArgument {}
