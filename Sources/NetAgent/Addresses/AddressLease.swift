import KubeAPI
import Netlink

/// The addresses of one pod's interface, and what else is needed to take them back.
struct AddressLease: Sendable, Hashable {
  var attachment: CNIRequest.Attachment
  /// One for each family.
  var addresses: [IPAddress]
  /// The path of the pod's namespace.
  var namespace: String
  /// What the path was when the lease was given: a path may be used again for another namespace.
  var namespaceInode: UInt64
  /// `namespace/name`, for people.
  var pod: String
  /// An Ethernet address that was asked for.
  var hardwareAddress: HardwareAddress?
  /// The name of the network configuration: GC of one network leaves the others alone.
  var network = ""
  var hostPorts: [HostPort] = []
  var bandwidth: PodBandwidth?

  var link: PodLink { PodLink(attachment) }

  var json: JSONValue {
    var json: JSONValue = [
      "id": .string(attachment.container), "if": .string(attachment.interface),
      "ips": .array(addresses.map { .string($0.description) }), "netns": .string(namespace),
      "inode": .string(String(namespaceInode)), "pod": .string(pod),
    ]
    if let hardwareAddress { json["mac"] = .string(hardwareAddress.description) }
    if !network.isEmpty { json["net"] = .string(network) }
    if !hostPorts.isEmpty { json["ports"] = .array(hostPorts.map(\.json)) }
    if let bandwidth { json["bandwidth"] = bandwidth.json }
    return json
  }

  init(
    attachment: CNIRequest.Attachment, addresses: [IPAddress], namespace: String, namespaceInode: UInt64, pod: String,
    hardwareAddress: HardwareAddress? = nil
  ) {
    self.attachment = attachment
    self.addresses = addresses
    self.namespace = namespace
    self.namespaceInode = namespaceInode
    self.pod = pod
    self.hardwareAddress = hardwareAddress
  }

  init?(json: JSONValue) {
    guard let container = json["id"]?.stringValue, let interface = json["if"]?.stringValue,
      let texts = json["ips"]?.arrayValue, let namespace = json["netns"]?.stringValue,
      let inode = json["inode"]?.stringValue.flatMap({ UInt64($0) })
    else { return nil }
    let addresses = texts.compactMap { $0.stringValue.flatMap { IPAddress($0) } }
    let ports = json["ports"]?.arrayValue ?? []
    let hostPorts = ports.compactMap { HostPort(json: $0) }
    guard addresses.count == texts.count, hostPorts.count == ports.count else { return nil }
    self.init(
      attachment: CNIRequest.Attachment(container: container, interface: interface), addresses: addresses,
      namespace: namespace, namespaceInode: inode, pod: json["pod"]?.stringValue ?? "",
      hardwareAddress: json["mac"]?.stringValue.flatMap { HardwareAddress($0) })
    network = json["net"]?.stringValue ?? ""
    self.hostPorts = hostPorts
    bandwidth = json["bandwidth"].map { PodBandwidth(json: $0) }
  }
}
