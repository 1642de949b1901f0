/// A set of places in an object, as `managedFields` records which manager set what.
///
/// It is a tree: a node's ``isMember`` says whether its place is in the set, its children are the places below.
public struct FieldSet: Sendable, Hashable {
  /// A step from a value to a part of it.
  public enum Step: Sendable, Hashable {
    case field(String)
    /// The element of a list whose members have these values.
    case key(JSONObject)
    /// The element of a set.
    case value(JSONValue)
    case index(Int)
  }

  public var isMember = false
  public private(set) var children: [Step: FieldSet] = [:]

  public init() {}

  public var isEmpty: Bool { !isMember && children.isEmpty }

  public mutating func insert(_ path: some Collection<Step>) {
    guard let first = path.first else {
      isMember = true
      return
    }
    children[first, default: FieldSet()].insert(path.dropFirst())
  }

  public func contains(_ path: some Collection<Step>) -> Bool {
    guard let first = path.first else { return isMember }
    return children[first]?.contains(path.dropFirst()) ?? false
  }

  /// Whether any place at the path or below it is in the set.
  func reaches(_ path: some Collection<Step>) -> Bool {
    guard let first = path.first else { return !isEmpty }
    return children[first]?.reaches(path.dropFirst()) ?? false
  }

  public mutating func remove(_ path: some Collection<Step>) {
    guard let first = path.first else {
      isMember = false
      return
    }
    children[first]?.remove(path.dropFirst())
    if children[first]?.isEmpty == true { children[first] = nil }
  }

  public mutating func formUnion(_ other: FieldSet) {
    isMember = isMember || other.isMember
    for (step, child) in other.children { children[step, default: FieldSet()].formUnion(child) }
  }

  /// All places of the set, those further down after those above them.
  public var paths: [[Step]] {
    var found: [[Step]] = []
    func walk(_ set: FieldSet, _ path: [Step]) {
      if set.isMember { found.append(path) }
      for (step, child) in set.children.sorted(by: { $0.key.text < $1.key.text }) { walk(child, path + [step]) }
    }
    walk(self, [])
    return found
  }
}

extension FieldSet.Step {
  /// The form in `fieldsV1`: `f:name`, `k:{"name":"a"}`, `v:"a"`, `i:0`.
  var text: String {
    switch self {
    case .field(let name): "f:\(name)"
    case .key(let members): "k:" + JSONValue.object(members).text
    case .value(let value): "v:" + value.text
    case .index(let index): "i:\(index)"
    }
  }

  init?(_ text: String) {
    let rest = String(text.dropFirst(2))
    switch text.prefix(2) {
    case "f:": self = .field(rest)
    case "k:":
      guard let members = (try? JSONValue(parsing: rest))?.objectValue else { return nil }
      self = .key(members)
    case "v:":
      guard let value = try? JSONValue(parsing: rest) else { return nil }
      self = .value(value)
    case "i:":
      guard let index = Int(rest) else { return nil }
      self = .index(index)
    default: return nil
    }
  }
}

extension FieldSet {
  /// The form in `managedFields`: a tree of objects.
  public var fieldsV1: JSONValue {
    var object = JSONObject()
    if isMember, !children.isEmpty { object["."] = [:] }
    for (step, child) in children.sorted(by: { $0.key.text < $1.key.text }) { object[step.text] = child.fieldsV1 }
    return .object(object)
  }

  /// Reads `fieldsV1`; steps that are none are left out.
  public init(fieldsV1: JSONValue) { self.init(fieldsV1, isRoot: true) }

  private init(_ json: JSONValue, isRoot: Bool) {
    let members = json.objectValue ?? JSONObject()
    for (key, value) in members {
      if key == "." {
        isMember = true
      } else if let step = Step(key) {
        children[step] = FieldSet(value, isRoot: false)
      }
    }
    if members.isEmpty, !isRoot { isMember = true }
  }

  /// A path as messages show it: `.spec.containers[name="a"].image`.
  static func text(_ path: [Step]) -> String {
    path.map { step in
      switch step {
      case .field(let name): ".\(name)"
      case .key(let members): "[" + members.map { "\($0.key)=\($0.value.text)" }.joined(separator: ",") + "]"
      case .value(let value): "[=\(value.text)]"
      case .index(let index): "[\(index)]"
      }
    }.joined()
  }
}
