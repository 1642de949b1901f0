import Glibc
import KubeAPI
import Netlink

/// The cluster's nodes from a file, where there is no API server: YAML or JSON.
///
///     nodes:
///     - name: one
///       podCIDRs: [10.244.1.0/24, fd00:244:0:1::/64]
///       addresses: [172.30.0.1, fd00:30::1]
///
/// What `kubectl get nodes -o yaml` prints is understood, too.
public struct NodesFile: Sendable, Hashable {
  public var path: String

  public init(_ path: String) { self.path = path }

  /// - Throws: ``NodesFileError`` with everything that is wrong.
  public func check() throws(NodesFileError) { _ = try nodes(try contents()) }

  func contents() throws(NodesFileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable() }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while contents.count <= 64 << 20 {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable() }
      if count == 0 { return contents }
      contents += buffer[..<count]
    }
    throw NodesFileError(file: path, problems: ["it is larger than 64 MiB"])
  }

  private func unreadable() -> NodesFileError {
    NodesFileError(file: path, problems: ["cannot read it: \(String(cString: strerror(errno)))"])
  }

  func nodes(_ contents: [UInt8]) throws(NodesFileError) -> [ObjectKey: NodeDefinition] {
    let document: JSONValue
    do throws(YAMLError) {
      document = try JSONValue(yaml: String(decoding: contents, as: UTF8.self))
    } catch {
      throw NodesFileError(file: path, problems: ["\(error)"])
    }
    var reader = NodesReader()
    reader.read(document)
    guard reader.problems.isEmpty else { throw NodesFileError(file: path, problems: reader.problems) }
    return reader.nodes
  }
}

/// Why a file with nodes cannot be used.
public struct NodesFileError: Error, Sendable, Hashable, CustomStringConvertible {
  public var file: String
  /// Each with its place in the file.
  public var problems: [String]

  public var description: String {
    let rest = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
    return "\(file): \(problems.first ?? "")\(rest)"
  }
}

/// Reads a document strictly: unknown members and values of the wrong kind are problems, all of which are collected.
private struct NodesReader {
  var nodes: [ObjectKey: NodeDefinition] = [:]
  var problems: [String] = []

  mutating func read(_ document: JSONValue) {
    if let kind = document["kind"]?.stringValue {
      guard ["List", "NodeList"].contains(kind) else {
        problems.append("kind: \(kind) is no list of nodes; List and NodeList are")
        return
      }
      readObjects(document["items"]?.arrayValue ?? [])
      return
    }
    guard let members = members(of: document, "", known: ["nodes"]) else { return }
    guard let items = members["nodes"]?.arrayValue else {
      problems.append("nodes: a list of nodes is expected")
      return
    }
    for (index, item) in items.enumerated() { readNode(item, "nodes[\(index)]") }
  }

  private mutating func readNode(_ item: JSONValue, _ path: String) {
    guard let members = members(of: item, path, known: ["name", "podCIDRs", "addresses"]) else { return }
    guard let name = members["name"]?.stringValue, !name.isEmpty else {
      problems.append("\(path).name: a name is expected")
      return
    }
    add(
      NodeDefinition(
        name: name,
        podCIDRs: list(members["podCIDRs"], "\(path).podCIDRs", "a range such as 10.244.1.0/24", NodesReader.prefix),
        addresses: list(members["addresses"], "\(path).addresses", "an address") { IPAddress($0) }), path)
  }

  /// What the API server has: members that do not matter here are many.
  private mutating func readObjects(_ items: [JSONValue]) {
    for (index, item) in items.enumerated() {
      let path = "items[\(index)]"
      let object = Node(json: item)
      guard item["kind"]?.stringValue ?? "Node" == "Node", let node = NodeDefinition(object) else {
        problems.append("\(path): a Node with a name is expected")
        continue
      }
      for text in object.spec.podCIDRs where NodesReader.prefix(text) == nil {
        problems.append("\(path).spec.podCIDRs: \"\(text)\" is not a range such as 10.244.1.0/24")
      }
      add(node, path)
    }
  }

  private mutating func add(_ node: NodeDefinition, _ path: String) {
    if nodes.updateValue(node, forKey: ObjectKey(name: node.name)) != nil {
      problems.append("\(path).name: \(node.name) is there twice")
    }
  }

  /// A prefix whose bits behind its length are all zero.
  private static func prefix(_ text: String) -> IPPrefix? {
    IPPrefix(text).flatMap { prefix in
      let address = text.split(separator: "/").first.flatMap { IPAddress($0) }
      return prefix.address == address ? prefix : nil
    }
  }

  private mutating func members(of value: JSONValue, _ path: String, known: [String]) -> [String: JSONValue]? {
    guard let members = value.objectValue else {
      problems.append((path.isEmpty ? "" : path + ": ") + "a mapping of \(known.joined(separator: ", ")) is expected")
      return nil
    }
    var result: [String: JSONValue] = [:]
    for (name, member) in members {
      result[name] = member
      guard !known.contains(name) else { continue }
      let full = path.isEmpty ? name : "\(path).\(name)"
      problems.append("\(full): there is no such member; known are \(known.joined(separator: ", "))")
    }
    return result
  }

  private mutating func list<Value>(
    _ value: JSONValue?, _ path: String, _ expected: String, _ parse: (String) -> Value?
  ) -> [Value] {
    guard let value, value != .null else { return [] }
    guard let items = value.arrayValue else {
      problems.append("\(path): a list is expected")
      return []
    }
    return items.enumerated().compactMap { index, item in
      if let parsed = item.stringValue.flatMap(parse) { return parsed }
      problems.append("\(path)[\(index)]: \(item.stringValue.map { "\"\($0)\"" } ?? item.text) is not \(expected)")
      return nil
    }
  }
}
