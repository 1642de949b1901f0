import Foundation
import Netlink
import Testing

@testable import ClusterDNS

/// The node's own addresses and rules, in a network namespace of the test's own.
@Suite struct NodeTests {
  private static let addresses = [
    ListenAddress(IPAddress(10, 96, 0, 10)), ListenAddress(IPAddress(169, 254, 20, 10)),
    ListenAddress(IPAddress(number: 0xfd00 << 112 | 0x10, family: .v6)),
  ]

  @Test(.enabled(if: getuid() == 0, "needs root to make a network namespace"))
  func addressesAreAddedOnceAndRemoved() throws {
    let namespace = try NetworkNamespace.make()
    try namespace.run { () throws in
      let wanted = Self.addresses.map(\.address)
      #expect(Set(try NodeAddresses.add(wanted).map(\.address)) == Set(wanted))
      #expect(try NodeAddresses.add(wanted).isEmpty, "the second start finds them")
      let held = try RouteSocket().addresses().map(\.address)
      #expect(Set(wanted).isSubset(of: held))
      let listeners = try Listeners(Self.addresses, threads: 2)
      #expect(listeners.datagram.count == 6 && listeners.stream.count == 3)
      listeners.closeAll()
      try NodeAddresses.remove(wanted)
      #expect(try RouteSocket().addresses().allSatisfy { !wanted.contains($0.address) })
    }
  }

  @Test(.enabled(if: getuid() == 0, "needs root to make a network namespace"))
  func rulesAreWrittenOnceAndNftReadsThem() throws {
    let namespace = try NetworkNamespace.make()
    try namespace.run { () throws in
      let connection = try NFTablesSocket()
      let desired = UntrackedRules.plan(Self.addresses)
      #expect(desired.rules.count == 24)
      #expect(try UntrackedRules.apply(desired, over: connection))
      #expect(try UntrackedRules.apply(desired, over: connection) == false, "a restart writes nothing")
      let fewer = UntrackedRules.plan([Self.addresses[0]])
      #expect(try UntrackedRules.apply(fewer, over: connection))
      #expect(try connection.rules(in: UntrackedRules.table).count == 8)
      try UntrackedRules.remove(over: connection)
      #expect(try connection.tables().isEmpty)
    }
  }
}
