import KubeAPI
import Netlink

/// What policies need to know of a pod.
struct PolicyPod: Sendable, Hashable {
  var namespace: String
  /// By which a runtime knows it: of a static pod that of its definition and not of the object that mirrors it.
  var uid: String
  var labels: [String: String]
  /// As its status says them. A pod of this node has addresses before its status does: those of its lease.
  var addresses: [IPAddress]
  /// Whether it is this node's.
  var isLocal: Bool
  /// Whether its containers have ended for good: its addresses may be another pod's.
  var hasEnded: Bool
  var ports: [NamedPort]

  init(
    namespace: String, uid: String = "", labels: [String: String] = [:], addresses: [IPAddress] = [],
    isLocal: Bool = false,
    hasEnded: Bool = false, ports: [NamedPort] = []
  ) {
    self.namespace = namespace
    self.uid = uid
    self.labels = labels
    self.addresses = addresses
    self.isLocal = isLocal
    self.hasEnded = hasEnded
    self.ports = ports
  }

  /// Reads a pod; nil where it is on the node's own network, for policies do not concern such pods.
  init?(_ pod: Pod, node: String) {
    let spec = pod.json["spec"]
    guard spec?["hostNetwork"]?.boolValue != true else { return nil }
    let status = pod.json["status"]
    var texts = (status?["podIPs"]?.arrayValue ?? []).compactMap { $0["ip"]?.stringValue }
    if texts.isEmpty, let text = status?["podIP"]?.stringValue { texts = [text] }
    let phase = status?["phase"]?.stringValue
    self.init(
      namespace: pod.metadata.namespace ?? "",
      uid: pod.metadata.annotations[Self.mirrorAnnotation] ?? pod.metadata.uid ?? "", labels: pod.metadata.labels,
      addresses: texts.compactMap { IPAddress($0) }, isLocal: spec?["nodeName"]?.stringValue == node,
      hasEnded: phase == "Succeeded" || phase == "Failed", ports: Self.ports(spec))
  }

  private static let mirrorAnnotation = "kubernetes.io/config.mirror"

  /// Containers' ports with names, and those of init containers that stay.
  private static func ports(_ spec: JSONValue?) -> [NamedPort] {
    let containers =
      (spec?["containers"]?.arrayValue ?? [])
      + (spec?["initContainers"]?.arrayValue ?? []).filter { $0["restartPolicy"]?.stringValue == "Always" }
    var ports: Set<NamedPort> = []
    for container in containers {
      for port in container["ports"]?.arrayValue ?? [] {
        guard let name = port["name"]?.stringValue, !name.isEmpty,
          let transport = Transport(name: port["protocol"]?.stringValue ?? "TCP"),
          let number = port["containerPort"]?.integerValue, (1...65535).contains(number)
        else { continue }
        ports.insert(NamedPort(name: name, transport: transport, port: UInt16(number)))
      }
    }
    return ports.sorted()
  }
}
