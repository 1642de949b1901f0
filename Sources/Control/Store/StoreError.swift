/// Why a store did not do what it was asked.
public enum StoreError: Error, Equatable, CustomStringConvertible {
  case alreadyExists(key: String)
  case notFound(key: String)
  case conflict(key: String, expected: Int64, found: Int64)
  case compacted(requested: Int64, oldest: Int64)
  case future(requested: Int64, current: Int64)
  case closed
  /// The data base failed; `action` says at what.
  case failed(action: String, cause: String)

  public var description: String {
    switch self {
    case .alreadyExists(let key): "cannot create \(key): it exists already"
    case .notFound(let key): "\(key) is not there"
    case .conflict(let key, let expected, let found):
      "cannot write \(key): it was expected at revision \(expected) and is at \(found)"
    case .compacted(let requested, let oldest):
      "revision \(requested) is gone: the oldest that is kept is \(oldest)"
    case .future(let requested, let current):
      "revision \(requested) has not happened yet: the store is at \(current)"
    case .closed: "the store is closed"
    case .failed(let action, let cause): "cannot \(action): \(cause)"
    }
  }
}
