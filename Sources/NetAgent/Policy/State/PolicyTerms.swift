import KubeAPI
import Netlink

/// Which pods are meant: those of some namespaces whose labels match.
struct PodTerm: Sendable, Hashable {
  enum Namespaces: Sendable, Hashable {
    case named(String)
    case matching(LabelQuery)
  }

  var namespaces: Namespaces
  var pods: LabelQuery

  /// Whether all pods of a namespace are meant, or none.
  var isWholeNamespace: Bool { pods.isEmpty }

  func matches(namespace: String, labels namespaceLabels: [String: String], pod labels: [String: String]) -> Bool {
    matches(namespace: namespace, labels: namespaceLabels) && pods.matches(labels)
  }

  func matches(namespace: String, labels: [String: String]) -> Bool {
    switch namespaces {
    case .named(let name): name == namespace
    case .matching(let query): query.matches(labels)
    }
  }

  /// The same text for the same term in every process.
  var text: String {
    switch namespaces {
    case .named(let name): "pods \(name) \(pods)"
    case .matching(let query): "pods [\(query)] \(pods)"
    }
  }
}

/// Whom a rule is about, at the other end.
enum PeerTerm: Sendable, Hashable {
  case pods(PodTerm)
  case block(IPPrefix, except: [IPPrefix])

  func contains(_ address: IPAddress) -> Bool {
    guard case .block(let prefix, let except) = self else { return false }
    return prefix.contains(address) && !except.contains { $0.contains(address) }
  }

  var text: String {
    switch self {
    case .pods(let term): term.text
    case .block(let prefix, let except):
      "block \(prefix)" + except.sorted { $0.address < $1.address }.map { " !\($0)" }.joined()
    }
  }
}

/// Which destination ports a rule is about.
enum PortTerm: Sendable, Hashable {
  case range(Transport, ClosedRange<UInt16>)
  /// A port of the destination pod, by its name; of any protocol where none is said.
  case named(String, Transport?)

  static func all(_ transport: Transport) -> PortTerm { .range(transport, 0...UInt16.max) }
}

/// A port that a pod's container gives a name.
struct NamedPort: Sendable, Hashable, Comparable {
  var name: String
  var transport: Transport
  var port: UInt16

  static func < (left: Self, right: Self) -> Bool {
    (left.name, left.transport, left.port) < (right.name, right.transport, right.port)
  }
}
