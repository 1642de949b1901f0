import Netlink

/// Addresses from one to another, both included; of one family.
struct AddressRange: Sendable, Hashable, CustomStringConvertible {
  let first: IPAddress
  let last: IPAddress

  /// `nil` where the addresses are of two families, or the last comes before the first.
  init?(_ first: IPAddress, _ last: IPAddress) {
    guard first.family == last.family, first <= last else { return nil }
    self.first = first
    self.last = last
  }

  var family: IPAddress.Family { first.family }

  func contains(_ address: IPAddress) -> Bool {
    address.family == family && first <= address && address <= last
  }

  var description: String { "\(first)-\(last)" }
}
