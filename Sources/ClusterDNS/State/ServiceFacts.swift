import KubeAPI
import Netlink

/// A named or unnamed port with its protocol.
struct PortFacts: Sendable, Hashable {
  /// Empty where the port has no name.
  var name: String
  /// In lower case: `tcp`.
  var `protocol`: String
  var number: UInt16
}

/// What DNS needs to know of a Service.
struct ServiceFacts: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case addressed([IPAddress])
    case headless
    /// ExternalName: the name that it stands for.
    case alias(String)
  }

  var kind: Kind
  var ports: [PortFacts]
}

extension ServiceFacts {
  /// `nil` for a Service that has no name in DNS: one whose address is not allocated yet.
  init?(_ service: KubeAPI.Service) {
    let spec = service.spec
    if spec.type == "ExternalName" {
      guard let name = spec.externalName, !name.isEmpty else { return nil }
      self.init(kind: .alias(name), ports: [])
      return
    }
    let ports = spec.ports.compactMap { port -> PortFacts? in
      guard let number = port.port.flatMap({ UInt16(exactly: $0) }) else { return nil }
      return PortFacts(name: port.name ?? "", protocol: (port.protocol ?? "TCP").lowercased(), number: number)
    }
    var texts = spec.clusterIPs
    if texts.isEmpty, let text = spec.clusterIP { texts = [text] }
    if texts.contains("None") {
      self.init(kind: .headless, ports: ports)
      return
    }
    let addresses = texts.compactMap { IPAddress($0) }
    guard !addresses.isEmpty else { return nil }
    self.init(kind: .addressed(addresses), ports: ports)
  }
}
