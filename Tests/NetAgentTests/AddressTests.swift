import Glibc
import Netlink
import Testing

@testable import NetAgent

/// Pools, ledger and journal, without a kernel.
@Suite struct AddressTests {
  private func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

  private func lease(_ container: String, _ addresses: [IPAddress]) -> AddressLease {
    AddressLease(
      attachment: CNIRequest.Attachment(container: container, interface: "eth0"), addresses: addresses,
      namespace: "/run/netns/\(container)", namespaceInode: 7, pod: "default/\(container)")
  }

  @Test(arguments: [
    ("10.244.1.0/24", "10.244.1.1", "10.244.1.254", 254), ("10.0.0.0/30", "10.0.0.1", "10.0.0.2", 2),
    ("10.0.0.0/31", "10.0.0.0", "10.0.0.1", 2), ("10.0.0.7/32", "10.0.0.7", "10.0.0.7", 1),
    ("fd00::/126", "fd00::1", "fd00::3", 3),
  ]) func aPoolGivesEachAddressOnce(text: String, first: String, last: String, count: Int) throws {
    var pool = AddressPool(try prefix(text))
    #expect(pool.available == UInt128(count))
    var given: [String] = []
    while let address = pool.candidate {
      let taken = pool.take(address)
      #expect(taken)
      given.append(address.description)
    }
    #expect(given.count == count)
    #expect(Set(given).count == count)
    #expect(given.first == first)
    #expect(given.last == last)
    #expect(pool.available == 0)
  }

  @Test func freedAddressesComeLastAndInTheirOrder() throws {
    var pool = AddressPool(try prefix("10.0.0.0/29"))
    let all = (1...6).map { IPAddress(10, 0, 0, UInt8($0)) }
    for address in all[..<4] { pool.take(address) }
    pool.release(all[2])
    pool.release(all[0])
    var order: [IPAddress] = []
    while let address = pool.candidate {
      pool.take(address)
      order.append(address)
    }
    #expect(order == [all[4], all[5], all[2], all[0]])
  }

  @Test func rangesAreKeptTo() throws {
    var ledger = AddressLedger()
    ledger.apply(.pools([try prefix("10.0.0.0/28"), try prefix("fd00::/64")]))
    let range = try #require(AddressRange(IPAddress(10, 0, 0, 4), IPAddress(10, 0, 0, 6)))
    var given: [String] = []
    for number in 0..<3 {
      let addresses = try ledger.propose(from: [range])
      ledger.apply(.leased(lease("c\(number)", addresses)))
      given.append(addresses.map(\.description).joined(separator: " "))
    }
    #expect(given == ["10.0.0.4 fd00::1", "10.0.0.5 fd00::2", "10.0.0.6 fd00::3"])
    let exhausted = try #require(throws: CNIError.self) { try ledger.propose(from: [range]) }
    #expect(exhausted.code == .exhausted && exhausted.message.contains("10.0.0.4-10.0.0.6"))
    ledger.apply(.released(CNIRequest.Attachment(container: "c1", interface: "eth0")))
    #expect(try ledger.propose(from: [range]).first == IPAddress(10, 0, 0, 5))
    let outside = try #require(AddressRange(IPAddress(10, 0, 0, 4), IPAddress(10, 0, 1, 6)))
    for (requested, ranges) in [
      ([], [outside]), ([IPAddress(10, 0, 0, 9)], [range]), ([IPAddress(192, 0, 2, 1)], []),
      ([IPAddress(10, 0, 0, 9), IPAddress(10, 0, 0, 10)], []),
    ] as [([IPAddress], [AddressRange])] {
      let error = try #require(throws: CNIError.self) { try ledger.propose(requested: requested, from: ranges) }
      #expect(error.code == .invalidConfiguration)
    }
  }

  @Test func portsOfTheNodeConflict() {
    let plain = HostPort(.tcp, 80, to: 8080)
    let one = HostPort(.tcp, 80, to: 1, at: IPAddress(10, 0, 0, 1))
    let all = HostPort(.tcp, 80, to: 1, at: IPAddress(0, 0, 0, 0))
    let six = HostPort(.tcp, 80, to: 1, at: IPAddress("::"))
    for (left, right, conflict) in [
      (plain, plain, true), (plain, one, true), (plain, six, true), (one, all, true), (one, six, false),
      (all, six, false), (one, HostPort(.tcp, 80, to: 1, at: IPAddress(10, 0, 0, 2)), false),
      (plain, HostPort(.udp, 80, to: 1), false), (plain, HostPort(.tcp, 81, to: 1), false),
    ] {
      #expect(left.conflicts(with: right) == conflict && right.conflicts(with: left) == conflict, "\(left) \(right)")
      #expect(HostPort(json: left.json) == left)
    }
    #expect(plain.coversLoopback && all.coversLoopback && !one.coversLoopback && !six.coversLoopback)
  }

  @Test func anAddressAskedForIsNotGivenAgain() throws {
    var pool = AddressPool(try prefix("10.0.0.0/29"))
    let third = IPAddress(10, 0, 0, 3)
    let tries = [third, third, IPAddress(10, 0, 0, 0), IPAddress(10, 0, 0, 7), IPAddress(10, 0, 1, 1)]
    let taken = tries.map { pool.take($0) }
    #expect(taken == [true, false, false, false, false])
    var given: Set<IPAddress> = [third]
    while let address = pool.candidate {
      pool.take(address)
      #expect(given.insert(address).inserted)
    }
    #expect(given.count == 6)
  }

  @Test func aLargePoolGoesOnBeforeItGivesAnythingAgain() throws {
    var pool = AddressPool(try prefix("fd00::/64"))
    for place in 1...1000 {
      let address = try #require(pool.candidate)
      #expect(address.number & 0xffff == UInt128(place))
      pool.take(address)
      pool.release(address)
    }
    #expect(pool.used.isEmpty)
    #expect(pool.available == UInt128(1) << 64 - 1)
  }

  /// Random calls: no address is given twice, none is lost, and the journal's records lead to the same state.
  @Test func theLedgerIsWhatItsRecordsSay() throws {
    var ledger = AddressLedger()
    var records: [JournalRecord] = []
    func apply(_ record: JournalRecord) {
      ledger.apply(record)
      records.append(record)
    }
    apply(.pools([try prefix("10.0.0.0/26"), try prefix("fd00::/122")]))
    for step in 0..<1500 {
      if Bool.random(), let attachment = ledger.leases.keys.randomElement() {
        apply(.released(attachment))
      } else if let addresses = try? ledger.propose() {
        apply(.leased(lease("c\(step)", addresses)))
      }
      let given = ledger.leases.values.flatMap { $0.addresses }
      #expect(Set(given).count == given.count)
      #expect(ledger.pools.map { $0.used.count } == [ledger.leases.count, ledger.leases.count])
    }
    #expect(AddressLedger(replaying: records) == ledger)
    var copy = AddressLedger(replaying: ledger.snapshot)
    // The copy gives the same addresses in the same order from here on.
    for step in 0..<200 {
      let expected = try? ledger.propose()
      #expect((try? copy.propose()) == expected)
      guard let expected else {
        let attachment = try #require(ledger.leases.keys.sorted { $0.container < $1.container }.first)
        for record in [JournalRecord.released(attachment)] {
          ledger.apply(record)
          copy.apply(record)
        }
        continue
      }
      for record in [JournalRecord.leased(lease("d\(step)", expected))] {
        ledger.apply(record)
        copy.apply(record)
      }
    }
  }

  @Test func anExhaustedPoolSaysSo() throws {
    var ledger = AddressLedger()
    #expect(throws: CNIError(.tryAgainLater, "the node has no pod CIDR yet")) { try ledger.propose() }
    ledger.apply(.pools([try prefix("10.0.0.0/30")]))
    for name in ["a", "b"] { ledger.apply(.leased(lease(name, try ledger.propose()))) }
    let error = try #require(throws: CNIError.self) { try ledger.propose() }
    #expect(error.code == .exhausted)
    #expect(error.message == "no address is free in 10.0.0.0/30")
    #expect(ledger.isExhausted)
    let taken = try #require(throws: CNIError.self) { try ledger.propose(requested: [IPAddress(10, 0, 0, 1)]) }
    #expect(taken.message == "address 10.0.0.1 is in use")
    let foreign = try #require(throws: CNIError.self) { try ledger.propose(requested: [IPAddress(10, 9, 0, 1)]) }
    #expect(foreign.code == .invalidConfiguration)
  }

  @Test func recordsAreReadAsWritten() throws {
    var full = lease("a", [IPAddress(10, 0, 0, 1), try #require(IPAddress("fd00::1"))])
    full.hardwareAddress = .local(7)
    let records: [JournalRecord] = [
      .leased(full), .released(full.attachment), .pools([try prefix("10.0.0.0/24"), try prefix("fd00::/64")]),
      .pool(try prefix("10.0.0.0/24"), next: 9, freed: [IPAddress(10, 0, 0, 4)]),
    ]
    for record in records {
      #expect(JournalRecord(line: record.line.dropLast()[...]) == record)
      var damaged = record.line.dropLast()
      damaged[12] ^= 1
      #expect(JournalRecord(line: damaged[...]) == nil)
    }
  }

  /// Whatever part of the last write reached the disk, all that was acknowledged is there.
  @Test func aJournalCutAnywhereKeepsWhatWasWhole() throws {
    let folder = try TemporaryFolder()
    let records = (0..<3).map { JournalRecord.leased(lease("c\($0)", [IPAddress(10, 0, 0, UInt8($0 + 1))])) }
    do {
      let (journal, read, damaged) = try AddressJournal.open(folder: folder.path)
      #expect(read.isEmpty && damaged == 0)
      for record in records { try journal.sync(try journal.append([record])) }
    }
    let path = folder.path + "/addresses.journal"
    let whole = try #require(contents(of: path))
    let last = records[2].line.count
    for length in (whole.count - last)...whole.count {
      truncate(path, length)
      let (journal, read, damaged) = try AddressJournal.open(folder: folder.path)
      #expect(damaged == 0)
      #expect(read == Array(records.prefix(length == whole.count ? 3 : 2)))
      // What is written next is read back, too.
      try journal.append([records[2]])
      journal.unlock()
      let file = try #require(contents(of: path))
      #expect(file == whole || length == whole.count)
      #expect(try AddressJournal.open(folder: folder.path).records.last == records[2])
    }
  }

  @Test func aDamagedLineIsPassedOver() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/addresses.journal"
    let first = JournalRecord.leased(lease("a", [IPAddress(10, 0, 0, 1)]))
    let second = JournalRecord.leased(lease("b", [IPAddress(10, 0, 0, 2)]))
    let file = try #require(fopen(path, "w"))
    var bytes = first.line + Array("not a record\n".utf8) + second.line
    fwrite(&bytes, 1, bytes.count, file)
    fclose(file)
    let (_, records, damaged) = try AddressJournal.open(folder: folder.path)
    #expect(records == [first, second])
    #expect(damaged == 1)
  }

  @Test func aJournalIsWrittenAnewAndOneProcessHoldsIt() throws {
    let folder = try TemporaryFolder()
    var ledger = AddressLedger()
    let (journal, _, _) = try AddressJournal.open(folder: folder.path)
    func write(_ record: JournalRecord) throws {
      ledger.apply(record)
      try journal.sync(try journal.append([record]))
      try journal.compact(ledger.snapshot, live: ledger.leases.count)
    }
    try write(.pools([try prefix("10.0.0.0/24")]))
    for step in 0..<1500 {
      let lease = lease("c\(step)", try ledger.propose())
      try write(.leased(lease))
      if step % 50 != 0 { try write(.released(lease.attachment)) }
    }
    let lines = try #require(contents(of: folder.path + "/addresses.journal")).count { $0 == 0x0a }
    #expect(lines < 1300)
    let busy = try #require(throws: JournalError.self) { try AddressJournal.open(folder: folder.path) }
    #expect(busy.description.hasSuffix("another network agent uses this folder"))
    journal.unlock()
    let (_, records, damaged) = try AddressJournal.open(folder: folder.path)
    #expect(damaged == 0)
    let read = AddressLedger(replaying: records)
    #expect(read.leases == ledger.leases)
    #expect(try read.propose() == ledger.propose())
  }
}
