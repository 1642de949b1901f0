/// Where things of a pod lie on the node.
struct PodDirectories: Sendable {
  var root: String
  var namespace: String
  var name: String
  var uid: String

  var pod: String { "\(root)/pods/\(uid)" }
  var volumes: String { pod + "/volumes" }
  var etcHosts: String { pod + "/etc-hosts" }
  var logs: String { "\(root)/logs/\(namespace)_\(name)_\(uid)" }

  func volume(_ type: String, _ name: String) -> String { "\(volumes)/kubernetes.io~\(type)/\(name)" }
  func logs(of container: String) -> String { "\(logs)/\(container)" }
  func terminationMessage(_ container: String, _ attempt: UInt32) -> String {
    "\(pod)/containers/\(container)/\(attempt)"
  }
}
