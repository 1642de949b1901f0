import KubeAPI
import KubeClient
import Synchronization

/// What the environment variables of services need: name, address and ports of every service.
final class ServiceTable: Sendable {
  struct Entry: Sendable, Equatable {
    var address: String
    /// Name, protocol, number.
    var ports: [Port]
    struct Port: Sendable, Equatable {
      var name: String
      var transport: String
      var number: Int32
    }
  }

  private let entries = Mutex<[ObjectKey: Entry]>([:])

  func follow(_ client: KubeClient) async {
    let informer = Informer<Service, Entry>(client) { Self.entry($0) }
    for await event in informer.events() { apply(event) }
  }

  func apply(_ event: InformerEvent<Entry>) {
    entries.withLock { entries in
      switch event {
      case .replaced(let all): entries = all
      case .changed(let key, let entry): entries[key] = entry
      case .deleted(let key): entries[key] = nil
      }
    }
  }

  /// Services without an address have no variables.
  static func entry(_ service: Service) -> Entry? {
    guard let address = service.spec.clusterIP, !address.isEmpty, address != "None" else { return nil }
    return Entry(
      address: address,
      ports: service.spec.ports.map {
        .init(name: $0.name ?? "", transport: ($0.protocol ?? "TCP").lowercased(), number: $0.port ?? 0)
      })
  }

  /// - Parameter links: whether services of the pod's namespace are told besides `kubernetes` of `default`.
  func variables(namespace: String, links: Bool) -> [String: String] {
    let chosen = entries.withLock { entries in
      var chosen: [String: Entry] = [:]
      if let api = entries[ObjectKey(namespace: "default", name: "kubernetes")] { chosen["kubernetes"] = api }
      if links { for (key, entry) in entries where key.namespace == namespace { chosen[key.name] = entry } }
      return chosen
    }
    var variables: [String: String] = [:]
    for (name, entry) in chosen {
      let prefix = String(name.uppercased().map { $0 == "-" ? "_" : $0 })
      let host = entry.address.contains(":") ? "[\(entry.address)]" : entry.address
      variables[prefix + "_SERVICE_HOST"] = entry.address
      for (index, port) in entry.ports.enumerated() {
        let url = "\(port.transport)://\(host):\(port.number)"
        if index == 0 {
          variables[prefix + "_SERVICE_PORT"] = String(port.number)
          variables[prefix + "_PORT"] = url
        }
        if !port.name.isEmpty {
          let suffix = String(port.name.uppercased().map { $0 == "-" ? "_" : $0 })
          variables["\(prefix)_SERVICE_PORT_\(suffix)"] = String(port.number)
        }
        let base = "\(prefix)_PORT_\(port.number)_\(port.transport.uppercased())"
        variables[base] = url
        variables[base + "_PROTO"] = port.transport
        variables[base + "_PORT"] = String(port.number)
        variables[base + "_ADDR"] = entry.address
      }
    }
    return variables
  }
}
