/// The members of a JSON object, in the order in which they were written.
///
/// Look-up is a scan: the objects of the Kubernetes API have a dozen members, seldom more. An object with more than
/// ``indexThreshold`` members (the data of a ConfigMap, say) is looked up through an index that is made when it is read.
public struct JSONObject: Sendable {
  public private(set) var keys: [String] = []
  public private(set) var values: [JSONValue] = []
  private var index: [String: Int]?

  static let indexThreshold = 32

  public init() {}

  /// Where a key is there more than once, the last value counts, at the place of the first.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    for (key, value) in members { self[key] = value }
  }

  public var count: Int { keys.count }
  public var isEmpty: Bool { keys.isEmpty }

  public subscript(key: String) -> JSONValue? {
    get { position(of: key).map { values[$0] } }
    _modify {
      let position = position(of: key)
      var value: JSONValue?
      if let position {
        value = values[position]
        values[position] = .null
      }
      defer { store(value, for: key, at: position) }
      yield &value
    }
    set { store(newValue, for: key, at: position(of: key)) }
  }

  public mutating func reserveCapacity(_ count: Int) {
    keys.reserveCapacity(count)
    values.reserveCapacity(count)
  }

  /// Adds a member whose key is known not to be there: without looking for it.
  mutating func append(_ value: JSONValue, for key: String) { store(value, for: key, at: nil) }

  /// Gives each value to `body`, which may change it in place.
  mutating func updateValues(_ body: (_ key: String, _ value: inout JSONValue) -> Void) {
    for position in values.indices { body(keys[position], &values[position]) }
  }

  public func contains(_ key: String) -> Bool { position(of: key) != nil }

  @discardableResult
  public mutating func removeValue(forKey key: String) -> JSONValue? {
    guard let position = position(of: key) else { return nil }
    let value = values[position]
    store(nil, for: key, at: position)
    return value
  }

  private func position(of key: String) -> Int? {
    if let index { return index[key] }
    return keys.firstIndex(of: key)
  }

  private mutating func store(_ value: JSONValue?, for key: String, at position: Int?) {
    switch (value, position) {
    case (let value?, let position?):
      values[position] = value
    case (let value?, nil):
      keys.append(key)
      values.append(value)
      if index != nil {
        index?[key] = keys.count - 1
      } else if keys.count > Self.indexThreshold {
        rebuildIndex()
      }
    case (nil, let position?):
      keys.remove(at: position)
      values.remove(at: position)
      if index != nil { rebuildIndex() }
    case (nil, nil):
      break
    }
  }

  private mutating func rebuildIndex() {
    guard keys.count > Self.indexThreshold else {
      index = nil
      return
    }
    index = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
  }
}

extension JSONObject: Sequence {
  public func makeIterator() -> some IteratorProtocol<(key: String, value: JSONValue)> {
    zip(keys, values).lazy.map { (key: $0, value: $1) }.makeIterator()
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

/// Objects are equal when they have the same members, in whatever order.
extension JSONObject: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    guard left.count == right.count else { return false }
    if left.keys == right.keys { return left.values == right.values }
    for (key, value) in left where right[key] != value { return false }
    return true
  }

  public func hash(into hasher: inout Hasher) {
    var sum = 0
    for (key, value) in self {
      var member = Hasher()
      member.combine(key)
      member.combine(value)
      sum &+= member.finalize()
    }
    hasher.combine(sum)
  }
}
