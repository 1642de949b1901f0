import KubeAPI
import Netlink

/// What `skiff up` was told and chose, kept beside the cluster so that it can be taken up again.
struct ClusterRecord: Sendable, Hashable {
  var nodes: Int
  var network: NodeNetwork
  /// Folders with image archives, imported by every node.
  var images: [String]

  static let serverPort = 6443
  var server: String { "https://\(network.host):\(Self.serverPort)" }

  /// The record on disk; `nil` where the cluster was never made.
  /// - Throws: ``UserError`` where the file cannot be read as a record.
  static func load(_ layout: ClusterLayout) throws -> ClusterRecord? {
    guard let bytes = try Files.readIfPresent(layout.record) else { return nil }
    guard let json = try? JSONValue(parsing: bytes), let nodes = json["nodes"]?.integerValue, nodes > 0,
      let prefix = json["network"]?.stringValue.flatMap({ IPPrefix($0) })
    else {
      throw UserError(
        "\(layout.record) is damaged; `skiff down --name \(layout.name)` removes the cluster, then `skiff up` makes it anew"
      )
    }
    return ClusterRecord(
      nodes: Int(nodes), network: NodeNetwork(prefix: prefix),
      images: json["images"]?.arrayValue?.compactMap(\.stringValue) ?? [])
  }

  func save(_ layout: ClusterLayout) throws {
    let json: JSONValue = [
      "nodes": .integer(Int64(nodes)), "network": .string(network.prefix.description),
      "images": .array(images.map { .string($0) }),
    ]
    try Files.write(json.bytes, to: layout.record, mode: 0o600)
  }

  /// The networks of all clusters on this machine but one.
  static func otherNetworks(than layout: ClusterLayout) -> [IPPrefix] {
    Files.list(ClusterLayout.rootParent).compactMap { name in
      guard name != layout.name, let other = try? ClusterLayout(name: name) else { return nil }
      return (try? load(other))?.network.prefix
    }
  }
}
