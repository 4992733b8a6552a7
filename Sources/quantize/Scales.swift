import ArgumentParser

/// What `--scales` takes.
enum Scales: String, ExpressibleByArgument, CaseIterable { case tied, free }
