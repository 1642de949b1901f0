import KubeAPI
import KubeClient
import Netlink

/// A query, and what a right answer to it shows.
struct BenchQuery: Sendable {
  var packet: [UInt8]
  var code: UInt8
  var answers: UInt8
  /// The bytes with which the answer must end where it has one address record.
  var suffix: [UInt8]
}

/// A cluster of made-up services.
struct BenchCluster: Sendable {
  let services: Int
  let endpoints: Int

  private func key(_ index: Int) -> ObjectKey { ObjectKey(namespace: "ns-\(index % 100)", name: "service-\(index)") }
  private func address(_ index: Int) -> IPAddress { IPAddress(v4: 0x0a60_0100 + UInt32(index)) }

  private func facts(_ index: Int) -> ServiceFacts {
    ServiceFacts(
      kind: .addressed([address(index)]), ports: [PortFacts(name: "http", protocol: "tcp", number: 80)])
  }

  func load(_ zone: ClusterZone) async {
    var facts: [ObjectKey: ServiceFacts] = [:]
    var slices: [ObjectKey: SliceFacts] = [:]
    var namespaces: [ObjectKey: Bool] = [:]
    for index in 0..<services {
      let key = key(index)
      facts[key] = self.facts(index)
      slices[ObjectKey(namespace: key.namespace, name: key.name + "-x")] = SliceFacts(
        service: key.name,
        endpoints: (0..<endpoints).map {
          SliceFacts.Endpoint(address: IPAddress(v4: 0x0b00_0000 + UInt32(index * endpoints + $0)), hostname: nil)
        }, ports: [PortFacts(name: "http", protocol: "tcp", number: 8080)])
      namespaces[ObjectKey(name: key.namespace)] = true
    }
    await zone.handle(namespaces: .replaced(namespaces))
    await zone.handle(services: .replaced(facts))
    await zone.handle(slices: .replaced(slices))
  }

  /// How long one service takes from its event to the snapshot that shows it: the 99th percentile of 1,000 changes,
  /// in microseconds.
  func changeTime(_ zone: ClusterZone) async -> Double {
    guard services > 0 else { return 0 }
    var times: [UInt64] = []
    for step in 0..<500 {
      let index = step * 7919 % services
      for isThere in [false, true] {
        let event: InformerEvent<ServiceFacts> = isThere ? .changed(key(index), facts(index)) : .deleted(key(index))
        let begin = MonotonicClock.nanoseconds()
        await zone.handle(services: event)
        times.append(MonotonicClock.nanoseconds() - begin)
      }
    }
    times.sort()
    return Double(times[times.count * 99 / 100]) / 1000
  }

  /// Queries in an order that does not follow the services'.
  func queries(_ load: DNSBench.Load) -> [BenchQuery] {
    (0..<min(max(services, 1), 20_000)).map { position in
      let index = position * 7919 % max(services, 1)
      let key = key(index)
      let name = "\(key.name).\(key.namespace).svc.cluster.local"
      switch load == .address ? 0 : position % 5 {
      case 0: return query(name, RecordType.a, answers: 1, suffix: address(index).bytes)
      case 1: return query(name, RecordType.aaaa)
      case 2: return query("_http._tcp." + name, RecordType.srv, answers: 1)
      case 3: return query(address(index).reverseName.description, RecordType.ptr, answers: 1)
      default: return query("absent-" + name, RecordType.a, code: 3)
      }
    }
  }

  private func query(
    _ name: String, _ type: UInt16, code: UInt8 = 0, answers: UInt8 = 0, suffix: [UInt8] = []
  ) -> BenchQuery {
    var packet: [UInt8] = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    packet += WireName(name)?.bytes ?? [0]
    packet.append(bigEndian: type)
    packet.append(bigEndian: RecordClass.internet)
    return BenchQuery(packet: packet, code: code, answers: answers, suffix: suffix)
  }
}
