import FoundationEssentials

/// Where a local cluster keeps what: every path and every name of a kernel object follows from the cluster's name.
struct ClusterLayout: Sendable, Hashable {
  static let rootParent = "/var/lib/skiff"
  static let runParent = "/run/skiff"

  let name: String

  /// - Throws: ``UserError`` where the name is not a DNS label of at most 30 characters (RFC 1123).
  init(name: String) throws {
    let bytes = Array(name.utf8)
    let isLabel = bytes.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || byte == UInt8(ascii: "-")
    }
    guard !bytes.isEmpty, bytes.count <= 30, isLabel, bytes.first != UInt8(ascii: "-"),
      bytes.last != UInt8(ascii: "-")
    else {
      throw UserError(
        "\"\(name)\" is no name for a cluster: use up to 30 of a-z, 0-9 and -, not - at an end", exitCode: 2)
    }
    self.name = name
  }

  /// What outlives a reboot: certificates, objects, images, volumes, logs.
  var rootDirectory: String { "\(Self.rootParent)/\(name)" }
  /// What does not: sockets, locks, namespaces.
  var runDirectory: String { "\(Self.runParent)/\(name)" }

  var record: String { "\(rootDirectory)/cluster.json" }
  var kubeconfig: String { "\(rootDirectory)/kubeconfig" }
  var certificates: String { "\(rootDirectory)/pki" }
  var store: String { "\(rootDirectory)/store.sqlite" }
  var logs: String { "\(rootDirectory)/logs" }
  /// Held while a command changes the cluster.
  var commandLock: String { "\(Self.runParent)/\(name).lock" }
  var supervisorLock: String { "\(runDirectory)/supervisor.lock" }
  var serverRunDirectory: String { "\(runDirectory)/server" }

  /// The bridge that joins the nodes. A link's name has at most 15 bytes, so a long cluster name goes in as a hash.
  var bridge: String {
    let plain = "skiff-\(name)"
    return plain.utf8.count <= 15 ? plain : "skiff-\(Self.hash(name).prefix(9))"
  }

  /// The control groups of the cluster, below the root of each hierarchy.
  var controlGroup: String { "/skiff/\(name)" }

  func node(_ number: Int) -> NodeLayout { NodeLayout(cluster: self, number: number) }

  /// FNV-1a in hexadecimal: a short name that is the same in every run.
  static func hash(_ text: String) -> String {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Where one node of a local cluster keeps what.
struct NodeLayout: Sendable, Hashable {
  let cluster: ClusterLayout
  /// Counted from 1.
  let number: Int

  var name: String { "node-\(number)" }
  /// The node's network namespace, as `ip netns` lists it.
  var namespace: String { "skiff-\(cluster.name)-\(name)" }
  var namespacePath: String { "/run/netns/\(namespace)" }
  /// The end of the node's cable on the host.
  var hostLink: String { "sk\(ClusterLayout.hash(namespace).prefix(10))" }
  var rootDirectory: String { "\(cluster.rootDirectory)/\(name)" }
  var runDirectory: String { "\(cluster.runDirectory)/\(name)" }
  var kubeconfig: String { "\(rootDirectory)/kubeconfig" }
  var certificates: String { "\(rootDirectory)/pki" }
  var controlGroup: String { "\(cluster.controlGroup)/\(name)" }
  var log: String { "\(cluster.logs)/\(name).log" }
}
