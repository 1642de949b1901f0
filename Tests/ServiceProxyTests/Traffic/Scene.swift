import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

/// A network with the proxy's ruleset for one Service, `web`, seen in one family and protocol: port 80 and node port
/// 30080 lead to port 8080 of the pods `first` and `second`.
struct Scene {
  let network: Network
  let client: NetworkNamespace
  let first: NetworkNamespace
  let way: Way
  let socket: NFTablesSocket
  private(set) var state = ProxyState(zone: "a")
  private(set) var programmer: ServiceProgrammer

  static let web = ObjectKey(namespace: "default", name: "web")

  var addresses: Addresses { way.addresses }
  var node: NetworkNamespace { network.node }
  var outside: NetworkNamespace { network.outside }

  init(_ way: Way, _ options: Ruleset.Options = KernelTests.options) throws {
    self.way = way
    network = try Network()
    client = try network.addPod("\(Addresses.v4.client)")
    first = try network.addPod("\(Addresses.v4.first)")
    let second = try network.addPod("\(Addresses.v4.second)")
    try network.serve(first, port: 8080, name: "first")
    try network.serve(second, port: 8080, name: "second")
    socket = try Kernel.socket(network.node)
    programmer = ServiceProgrammer(socket, options: options)
    _ = try programmer.start(state)
  }

  // MARK: Cluster

  /// A Service of port 80 and node port 30080.
  func service(_ fill: (inout ServiceDefinition) -> Void = { _ in }) -> ServiceDefinition {
    var service = ServiceDefinition(
      clusterIPs: [addresses.clusterIP], ports: [.init(transport: way.transport, port: 80, nodePort: 30_080)])
    fill(&service)
    return service
  }

  /// Both pods, the second one elsewhere where it is not of the list.
  func endpoints(here: Set<String> = ["first", "second"]) -> [EndpointDefinition] {
    [("first", addresses.first), ("second", addresses.second)].map { name, address in
      EndpointDefinition(address, here.contains(name) ? [.ready, .serving, .local] : [.ready, .serving])
    }
  }

  /// Makes a Service and its endpoints what is said, in the kernel too.
  mutating func program(
    _ service: ServiceDefinition?, _ endpoints: [EndpointDefinition] = [], as name: String = "web",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let key = ObjectKey(namespace: "default", name: name)
    state.setService(key, service)
    for family in IPAddress.Family.allCases {
      let own = endpoints.filter { $0.address.family == family }
      let slice = service.map { service in
        EndpointSliceDefinition(
          service: key, family: family,
          ports: service.ports.map { .init(name: $0.name, transport: $0.transport, port: 8080) }, endpoints: own)
      }
      state.setSlice(ObjectKey(namespace: "default", name: "\(name)-\(family)"), own.isEmpty ? nil : slice)
    }
    programmer.update([key], from: state)
    let failures = programmer.flush().failures.map { "\($0.subject): \($0.error)" }
    #expect(failures == [], sourceLocation: sourceLocation)
  }

  /// Another programmer takes over what the kernel holds.
  mutating func restart(sourceLocation: SourceLocation = #_sourceLocation) throws {
    programmer = ServiceProgrammer(socket, options: programmer.ruleset.options)
    #expect(try programmer.start(state).transactions == 0, sourceLocation: sourceLocation)
  }

  // MARK: Traffic

  /// Different answers to so many connections: `first 10.244.1.9`.
  func answers(
    _ from: NetworkNamespace, _ address: IPAddress, _ port: UInt16 = 80, times: Int = 24
  ) throws -> Set<String> {
    var answers: Set<String> = []
    for _ in 0..<times {
      answers.insert(try network.ask(from, "\(address)", port, over: way.transport))
    }
    return answers
  }

  func answer(_ from: NetworkNamespace, _ address: IPAddress, _ port: UInt16 = 80) throws -> String {
    try network.ask(from, "\(address)", port, over: way.transport)
  }

  func isSilent(_ from: NetworkNamespace, _ address: IPAddress, _ port: UInt16 = 80) throws -> Bool {
    try network.isSilent(from, "\(address)", port, over: way.transport)
  }

  /// Whether somebody says that nobody is there. A program on the node that sends over UDP may hear it from the system
  /// call alone: to an address that is routed by `lo` the kernel makes no ICMP message.
  func isRefused(_ from: NetworkNamespace, _ address: IPAddress, _ port: UInt16 = 80) throws -> Bool {
    let answer = try answer(from, address, port)
    return answer == "ECONNREFUSED" || (from == node && way.transport == .udp && answer == "EPERM")
  }

  /// Who answered, whomever they saw.
  static func names(_ answers: Set<String>) -> Set<String> { Set(answers.map { String($0.prefix { $0 != " " }) }) }

  /// The answers of both pods to one who has this address.
  func both(seeing source: IPAddress) -> Set<String> { ["first \(source)", "second \(source)"] }
}
