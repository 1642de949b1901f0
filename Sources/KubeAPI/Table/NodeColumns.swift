/// The columns of nodes.
enum NodeColumns {
  static let all: [Table.Column] = [
    .name,
    Table.Column("Status") { node, _ in .string(status(node)) },
    Table.Column("Roles") { node, _ in .string(Table.joined(roles(node))) },
    .age,
    Table.Column("Version") { node, _ in node[path: "status", "nodeInfo", "kubeletVersion"] ?? "" },
    Table.Column("Internal-IP", priority: 1) { node, _ in .string(address(node, "InternalIP")) },
    Table.Column("External-IP", priority: 1) { node, _ in .string(address(node, "ExternalIP")) },
    Table.Column("OS-Image", priority: 1) { node, _ in .string(info(node, "osImage")) },
    Table.Column("Kernel-Version", priority: 1) { node, _ in .string(info(node, "kernelVersion")) },
    Table.Column("Container-Runtime", priority: 1) { node, _ in .string(info(node, "containerRuntimeVersion")) },
  ]

  private static func status(_ node: JSONValue) -> String {
    let conditions = node[path: "status", "conditions"]?.arrayValue ?? []
    var words: [String] = []
    if let ready = conditions.first(where: { $0["type"]?.stringValue == "Ready" }) {
      words.append(ready["status"]?.stringValue == "True" ? "Ready" : "NotReady")
    } else {
      words.append("Unknown")
    }
    if node[path: "spec", "unschedulable"]?.boolValue == true { words.append("SchedulingDisabled") }
    return words.joined(separator: ",")
  }

  private static func roles(_ node: JSONValue) -> [String] {
    guard let labels = node[path: "metadata", "labels"]?.objectValue else { return [] }
    let prefix = "node-role.kubernetes.io/"
    var roles: Set<String> = []
    for (key, value) in labels {
      if key.hasPrefix(prefix), key.utf8.count > prefix.utf8.count { roles.insert(String(key.dropFirst(prefix.count))) }
      if key == "kubernetes.io/role", let role = value.stringValue, !role.isEmpty { roles.insert(role) }
    }
    return roles.sorted()
  }

  private static func address(_ node: JSONValue, _ type: String) -> String {
    let addresses = node[path: "status", "addresses"]?.arrayValue ?? []
    return Table.text(addresses.first { $0["type"]?.stringValue == type }?["address"], ifEmpty: "<none>")
  }

  private static func info(_ node: JSONValue, _ name: String) -> String {
    Table.text(node[path: "status", "nodeInfo"]?[name], ifEmpty: "<unknown>")
  }
}
