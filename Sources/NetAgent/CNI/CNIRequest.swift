import KubeAPI
import Netlink

/// One call of the plugin: its environment and configuration, checked.
struct CNIRequest: Sendable {
  enum Command: String, Sendable {
    case add = "ADD"
    case delete = "DEL"
    case check = "CHECK"
    case status = "STATUS"
    case collect = "GC"
    case version = "VERSION"
  }

  /// A container's interface: what ADD makes and DEL removes.
  struct Attachment: Sendable, Hashable, CustomStringConvertible {
    var container: String
    var interface: String

    var description: String { "\(container)/\(interface)" }
  }

  var command: Command
  var version: CNIVersion
  /// Empty for STATUS, GC and VERSION.
  var attachment: Attachment
  /// The path of the pod's namespace; `nil` where the runtime has none any more.
  var namespace: String?
  /// The name of the network configuration; empty where a DEL or a STATUS has none.
  var network: String
  /// CNI_ARGS: `K8S_POD_NAMESPACE` and its like.
  var arguments: [String: String]
  var configuration: JSONValue

  /// The pod as `namespace/name`, for logs.
  var pod: String? {
    guard let namespace = arguments["K8S_POD_NAMESPACE"], let name = arguments["K8S_POD_NAME"] else { return nil }
    return "\(namespace)/\(name)"
  }

  /// The version that an error about this input should be written in.
  static func version(of configuration: JSONValue?) -> CNIVersion {
    configuration?["cniVersion"]?.stringValue.flatMap { CNIVersion(rawValue: $0) } ?? .v1_0_0
  }

  init(environment: [String: String], configuration: JSONValue) throws(CNIError) {
    guard configuration.objectValue != nil else { throw CNIError(.decoding, "the configuration is not a JSON object") }
    let text = configuration["cniVersion"]?.stringValue ?? "0.1.0"
    guard let version = CNIVersion(rawValue: text) else {
      let known = CNIVersion.allCases.map { $0.rawValue }.joined(separator: ", ")
      throw CNIError(.incompatibleVersion, "cniVersion \(text) is not supported", details: "supported: \(known)")
    }
    guard let word = environment["CNI_COMMAND"], !word.isEmpty else {
      throw CNIError(.invalidEnvironment, "CNI_COMMAND is not set")
    }
    guard let command = Command(rawValue: word) else {
      throw CNIError(.invalidEnvironment, "CNI_COMMAND \(word) is unknown")
    }
    self.command = command
    self.version = version
    self.configuration = configuration
    arguments = try Self.arguments(environment["CNI_ARGS"] ?? "")
    namespace = environment["CNI_NETNS"].flatMap { $0.isEmpty ? nil : $0 }
    network = configuration["name"]?.stringValue ?? ""
    attachment = Attachment(
      container: environment["CNI_CONTAINERID"] ?? "", interface: environment["CNI_IFNAME"] ?? "")
    switch command {
    case .add, .delete, .check:
      try Self.validate(container: attachment.container)
      try Self.validate(interface: attachment.interface)
    case .status, .collect, .version: break
    }
    if command == .add || command == .check, namespace == nil {
      throw CNIError(.invalidEnvironment, "CNI_NETNS is not set", details: "\(word) needs the pod's namespace")
    }
    let since: CNIVersion? = [.check: .v0_4_0, .status: .v1_1_0, .collect: .v1_1_0][command]
    if let since, version < since {
      throw CNIError(.incompatibleVersion, "\(word) came with cniVersion \(since), not \(version)")
    }
    if [.add, .check, .collect].contains(command) { try Self.validate(network: configuration["name"]) }
    try validatePreviousResult()
  }

  private static func validate(container: String) throws(CNIError) {
    let allowed = container.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard let first = container.first, allowed, first.isLetter || first.isNumber, container.utf8.count <= 256 else {
      throw CNIError(
        .invalidEnvironment, "CNI_CONTAINERID is not valid",
        details: container.isEmpty
          ? "it is not set" : "a letter or digit, then letters, digits, '_', '.' and '-', 256 at most")
    }
  }

  private static func validate(network: JSONValue?) throws(CNIError) {
    guard let name = network?.stringValue, let first = name.utf8.first,
      name.utf8.allSatisfy({ isWordCharacter($0) || [UInt8(ascii: "."), UInt8(ascii: "-")].contains($0) }),
      isWordCharacter(first), first != UInt8(ascii: "_")
    else {
      throw CNIError(
        .invalidConfiguration, "the configuration has no valid \"name\"",
        details: "a letter or digit, then letters, digits, '_', '.' and '-'")
    }
  }

  private static func isWordCharacter(_ byte: UInt8) -> Bool {
    byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte &- 0x30 < 10
      || byte == UInt8(ascii: "_")
  }

  /// An earlier plugin's result, of which nothing may be lost; CHECK must have one. A DEL does without.
  private func validatePreviousResult() throws(CNIError) {
    guard command == .add || command == .check else { return }
    guard let previous = configuration["prevResult"], previous != .null else {
      guard command == .check else { return }
      throw CNIError(.invalidConfiguration, "CHECK needs prevResult", details: "what ADD returned")
    }
    guard previous.objectValue != nil else { throw CNIError(.invalidConfiguration, "prevResult is no object") }
    for name in ["interfaces", "ips", "routes"] {
      guard let list = previous[name], list != .null else { continue }
      guard let items = list.arrayValue, items.allSatisfy({ $0.objectValue != nil }) else {
        throw CNIError(.invalidConfiguration, "prevResult.\(name) is no list of objects")
      }
    }
  }

  /// What the kernel takes as an interface's name.
  private static func validate(interface: String) throws(CNIError) {
    let isValid =
      (1...15).contains(interface.utf8.count) && interface != "." && interface != ".."
      && interface.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    guard isValid else {
      throw CNIError(
        .invalidEnvironment, "CNI_IFNAME is not valid", details: interface.isEmpty ? "it is not set" : interface)
    }
  }

  private static func arguments(_ text: String) throws(CNIError) -> [String: String] {
    var arguments: [String: String] = [:]
    for pair in text.split(separator: ";") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw CNIError(.invalidEnvironment, "CNI_ARGS is not valid", details: "'\(pair)' is no NAME=value")
      }
      arguments[String(parts[0])] = String(parts[1])
    }
    return arguments
  }

  /// The attachments of a GC call that are alive; others are to be removed.
  func validAttachments() throws(CNIError) -> Set<Attachment> {
    // libcni also writes the name that the specification had by mistake; Go writes an empty list as null.
    guard
      let value = configuration["cni.dev/valid-attachments"] ?? configuration["cni.dev/attachments"],
      let list = value == .null ? [] : value.arrayValue
    else {
      throw CNIError(.invalidConfiguration, "GC needs cni.dev/valid-attachments", details: "a list, which may be empty")
    }
    var result: Set<Attachment> = []
    for item in list {
      guard let container = item["containerID"]?.stringValue, let interface = item["ifname"]?.stringValue,
        !container.isEmpty, !interface.isEmpty
      else {
        throw CNIError(.invalidConfiguration, "an item of cni.dev/valid-attachments has no containerID or ifname")
      }
      result.insert(Attachment(container: container, interface: interface))
    }
    return result
  }
}
