/// A version of the CNI specification that the daemon speaks.
enum CNIVersion: String, Sendable, CaseIterable, Comparable, CustomStringConvertible {
  case v0_3_0 = "0.3.0"
  case v0_3_1 = "0.3.1"
  case v0_4_0 = "0.4.0"
  case v1_0_0 = "1.0.0"
  case v1_1_0 = "1.1.0"

  /// What is written into the configuration list: the newest that containerd 1.6 reads.
  static let written = CNIVersion.v1_0_0

  var description: String { rawValue }

  private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  static func < (left: Self, right: Self) -> Bool { left.order < right.order }

  /// Results before 1.0.0 name the family of each address.
  var namesAddressFamily: Bool { self < .v1_0_0 }
  /// Interfaces and routes with an MTU came with 1.1.0.
  var hasMTU: Bool { self >= .v1_1_0 }
}
