// The target of hack/fuzz: what reads packets from clients and from upstreams, compiled as one module with this file.

import Netlink

/// A zone with a name of every kind, and what answers from it.
private struct Bench: ~Copyable {
  private let reader: SnapshotStore.Reader
  private let store: SnapshotStore
  private var answerer: Answerer
  private let reply: UnsafeMutableRawPointer
  private let question: ForwardQuestion

  static let domain = "cluster.local"

  init?() {
    guard let zone = WireName(Self.domain), let target = WireName("www.example.com"),
      let reverse = WireName("96.10.in-addr.arpa"),
      var settings = AnswerSettings(
        zone: zone, ttl: 5, echoesPodNames: true, reverseZones: [reverse], version: "fuzz", identity: "fuzz")
    else { return nil }
    if let fixed = WireName("fixed.example") {
      settings.statics = StaticNames([StaticHost(name: fixed, addresses: [IPAddress(192, 0, 2, 5)])], ttl: 60)
    }
    var table = ZoneTable(serial: 1)
    table.apply(Self.names(zone, target))
    table.publish(isSynced: true)
    store = table.store
    reader = store.makeReader()
    answerer = Answerer(settings)
    reply = .allocate(byteCount: MessageSize.maximumTCP, alignment: 8)
    question = ForwardQuestion(name: target.bytes, type: RecordType.a)
  }

  private static func names(_ zone: WireName, _ target: WireName) -> ZoneChanges {
    var changes = ZoneChanges()
    func add(_ name: String, _ records: NameRecords) {
      if let name = WireName(name.isEmpty ? domain : "\(name).\(domain)") { changes.names[name] = records }
    }
    let many = (0..<300).map { 0x0af4_0000 + UInt32($0) }
    add("", NameRecords(isApex: true))
    for name in ["svc", "pod", "dns", "default.svc", "_tcp.many.default.svc"] { add(name, NameRecords()) }
    add("ns.dns", NameRecords(v4: [0x0a60_000a]))
    add("dns-version", NameRecords(text: ["1.1.0"]))
    add("default.pod", NameRecords(isPodNamespace: true))
    add("web.default.svc", NameRecords(v4: [0x0a60_0007], v6: [IPAddress("fd00::7")].compactMap { $0 }))
    add("many.default.svc", NameRecords(v4: many))
    add(
      "_http._tcp.many.default.svc",
      NameRecords(
        targets: many.prefix(90).map {
          NameRecords.ServiceTarget(label: "pod-\($0)", ports: [80, 443], v4: [$0], v6: [])
        }, targetOffset: 11))
    add("docs.default.svc", NameRecords(alias: target))
    if let web = WireName("web.default.svc.\(domain)") { add("inside.default.svc", NameRecords(alias: web)) }
    if let name = WireName("7.0.96.10.in-addr.arpa"), let web = WireName("web.default.svc.\(domain)") {
      changes.names[name] = NameRecords(pointers: [web])
    }
    return changes
  }

  mutating func answer(_ packet: UnsafeRawBufferPointer, isTCP: Bool) {
    let snapshot = reader.enter()
    defer { reader.leave() }
    guard case .reply(let size) = answerer.answer(packet, snapshot, into: reply, isTCP: isTCP) else { return }
    let limit = isTCP ? MessageSize.maximumTCP : answerer.query.payload
    precondition(size >= MessageSize.header && size <= limit, "an answer of \(size) bytes, where \(limit) are allowed")
    let base = UnsafeRawPointer(reply)
    precondition(base.bigEndian16(0) == packet.baseAddress?.bigEndian16(0), "an answer to somebody else")
    precondition(base.bigEndian16(2) & HeaderFlag.response != 0, "an answer that says it is a query")
  }

  func respond(_ bytes: [UInt8]) {
    guard var response = UpstreamResponse(bytes, to: question) else { return }
    response.clampTTLs(atLeast: 1, atMost: 100)
    response.lowerQuestion()
    var query = Query()
    query.questionEnd = MessageSize.header + question.name.count + 4
    query.nameLength = question.name.count
    let size = response.write(query, into: reply, limit: query.payload, age: .seconds(3))
    precondition(size >= MessageSize.header && size <= query.payload, "\(size) bytes for a client that takes 512")
  }
}

nonisolated(unsafe) private var bench = Bench()  // libFuzzer calls from one thread.

/// The first byte chooses the reader; the others are the packet.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  guard size > 0 else { return 0 }
  let packet = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
  switch data[0] % 3 {
  case 0: bench?.answer(packet, isTCP: false)
  case 1: bench?.answer(packet, isTCP: true)
  default: bench?.respond(Array(packet))
  }
  return 0
}
