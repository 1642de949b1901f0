import ArgumentParser

/// Which local cluster a command is about.
struct ClusterOptions: ParsableArguments {
  @Option(help: "The cluster's name; several run beside each other.")
  var name = "default"

  func layout() throws -> ClusterLayout { try ClusterLayout(name: name) }
}
