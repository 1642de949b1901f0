import ArgumentParser

struct Kubeconfig: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print the path of a local cluster's kubeconfig.")

  @OptionGroup var cluster: ClusterOptions

  func run() throws {
    let layout = try cluster.layout()
    guard Files.exists(layout.kubeconfig) else {
      throw UserError("there is no cluster named \(layout.name): `skiff up --name \(layout.name)` makes it")
    }
    Console.line(layout.kubeconfig)
  }
}
