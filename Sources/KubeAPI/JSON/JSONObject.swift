/// The members of a JSON object, in the order in which they were written.
///
/// Look-up is a scan: the objects of the Kubernetes API have a dozen members, seldom more. An object with more than
/// ``indexThreshold`` members (the data of a ConfigMap, say) gets an index.
///
/// The value is one reference, shared until it is changed, so that a ``JSONValue`` takes 24 bytes in an array.
public struct JSONObject: Sendable {
  struct Member: Sendable, Hashable {
    var key: String
    var value: JSONValue
  }

  /// Changed only by the one ``JSONObject`` that refers to it.
  final class Storage: @unchecked Sendable {  // as an array's buffer: shared storage is copied before it is changed
    var members: [Member]
    var index: [String: Int]?

    init(members: [Member], index: [String: Int]? = nil) {
      self.members = members
      self.index = index
    }

    static let empty = Storage(members: [])
  }

  private var storage: Storage

  static let indexThreshold = 32

  public init() { storage = .empty }

  /// Takes members whose keys differ, with their index where there are more than the threshold.
  init(distinct members: [Member], index: [String: Int]?) { storage = Storage(members: members, index: index) }

  /// Where a key is there more than once, the last value counts, at the place of the first.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    self.init()
    for (key, value) in members { self[key] = value }
  }

  public var count: Int { storage.members.count }
  public var isEmpty: Bool { storage.members.isEmpty }
  public var keys: [String] { storage.members.map(\.key) }
  public var values: [JSONValue] { storage.members.map(\.value) }
  var members: [Member] { storage.members }

  public subscript(key: String) -> JSONValue? {
    get { position(of: key).map { storage.members[$0].value } }
    _modify {
      let position = position(of: key)
      var value: JSONValue?
      if let position {
        unshare()
        value = storage.members[position].value
        storage.members[position].value = .null  // the one reference now is `value`, so that it is changed in place
      }
      defer { store(value, for: key, at: position) }
      yield &value
    }
    set { store(newValue, for: key, at: position(of: key)) }
  }

  public mutating func reserveCapacity(_ count: Int) {
    unshare()
    storage.members.reserveCapacity(count)
  }

  /// Adds a member whose key is known not to be there: without looking for it.
  mutating func append(_ value: JSONValue, for key: String) { store(value, for: key, at: nil) }

  /// Gives each value to `body`, which may change it in place.
  mutating func updateValues(_ body: (_ key: String, _ value: inout JSONValue) -> Void) {
    unshare()
    for position in storage.members.indices {
      body(storage.members[position].key, &storage.members[position].value)
    }
  }

  public func contains(_ key: String) -> Bool { position(of: key) != nil }

  @discardableResult
  public mutating func removeValue(forKey key: String) -> JSONValue? {
    guard let position = position(of: key) else { return nil }
    let value = storage.members[position].value
    store(nil, for: key, at: position)
    return value
  }

  private func position(of key: String) -> Int? {
    if let index = storage.index { return index[key] }
    return storage.members.firstIndex { $0.key == key }
  }

  private mutating func unshare() {
    if !isKnownUniquelyReferenced(&storage) { storage = Storage(members: storage.members, index: storage.index) }
  }

  private mutating func store(_ value: JSONValue?, for key: String, at position: Int?) {
    switch (value, position) {
    case (let value?, let position?):
      unshare()
      storage.members[position].value = value
    case (let value?, nil):
      unshare()
      storage.members.append(Member(key: key, value: value))
      if storage.index != nil {
        storage.index?[key] = count - 1
      } else if count > Self.indexThreshold {
        rebuildIndex()
      }
    case (nil, let position?):
      unshare()
      storage.members.remove(at: position)
      if storage.index != nil { rebuildIndex() }
    case (nil, nil):
      break
    }
  }

  private func rebuildIndex() {
    guard count > Self.indexThreshold else {
      storage.index = nil
      return
    }
    var index: [String: Int] = [:]
    index.reserveCapacity(count)
    for position in storage.members.indices { index[storage.members[position].key] = position }
    storage.index = index
  }
}

extension JSONObject: Sequence {
  public struct Iterator: IteratorProtocol, Sendable {
    fileprivate var rest: IndexingIterator<[Member]>

    public mutating func next() -> (key: String, value: JSONValue)? {
      rest.next().map { (key: $0.key, value: $0.value) }
    }
  }

  public func makeIterator() -> Iterator { Iterator(rest: storage.members.makeIterator()) }
  public var underestimatedCount: Int { count }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

/// Objects are equal when they have the same members, in whatever order.
extension JSONObject: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    if left.storage === right.storage { return true }
    guard left.count == right.count else { return false }
    // Most often the order is the same: then no look-up is needed.
    for (position, member) in left.storage.members.enumerated() {
      let other = right.storage.members[position]
      if other.key == member.key {
        if other.value != member.value { return false }
      } else if right[member.key] != member.value {
        return false
      }
    }
    return true
  }

  public func hash(into hasher: inout Hasher) {
    var sum = 0
    for member in storage.members {
      var single = Hasher()
      single.combine(member)
      sum &+= single.finalize()
    }
    hasher.combine(sum)
  }
}
