import KubeAPI

/// Amounts of the resources that pods ask for and nodes have.
struct ResourceAmounts: Sendable, Hashable {
  var milliCPU: Int64 = 0
  /// Bytes.
  var memory: Int64 = 0
  var ephemeralStorage: Int64 = 0
  /// Extended resources and huge pages, by name.
  var others: [String: Int64] = [:]

  init() {}

  init(_ quantities: [String: Quantity]) {
    for (name, quantity) in quantities {
      switch name {
      case "cpu": milliCPU = quantity.milliValue
      case "memory": memory = quantity.value
      case "ephemeral-storage": ephemeralStorage = quantity.value
      case "pods": break
      default: others[name] = quantity.value
      }
    }
  }

  static func + (left: Self, right: Self) -> Self {
    var sum = left
    sum.milliCPU += right.milliCPU
    sum.memory += right.memory
    sum.ephemeralStorage += right.ephemeralStorage
    sum.others.merge(right.others) { $0 + $1 }
    return sum
  }

  static func - (left: Self, right: Self) -> Self {
    var rest = left
    rest.milliCPU -= right.milliCPU
    rest.memory -= right.memory
    rest.ephemeralStorage -= right.ephemeralStorage
    for (name, amount) in right.others {
      let left = (rest.others[name] ?? 0) - amount
      rest.others[name] = left == 0 ? nil : left
    }
    return rest
  }

  /// The larger of each.
  func union(_ other: Self) -> Self {
    var result = self
    result.milliCPU = max(milliCPU, other.milliCPU)
    result.memory = max(memory, other.memory)
    result.ephemeralStorage = max(ephemeralStorage, other.ephemeralStorage)
    result.others.merge(other.others) { max($0, $1) }
    return result
  }
}
