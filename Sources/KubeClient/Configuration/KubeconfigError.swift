/// A kubeconfig file that does not say how to reach a server, and what is wrong with it.
public struct KubeconfigError: Error, Hashable, CustomStringConvertible {
  public var path: String
  public var message: String

  public init(path: String, message: String) {
    self.path = path
    self.message = message
  }

  public var description: String { "kubeconfig \(path): \(message)" }
}
