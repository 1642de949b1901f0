import ArgumentParser
import KubeAPI

/// A duration on the command line as kube-proxy takes it: `24h`, `1h30m`, `0`.
struct GoDuration: ExpressibleByArgument {
  var value: Duration

  init?(argument: String) {
    guard let value = Duration(goSyntax: argument) else { return nil }
    self.value = value
  }
}
