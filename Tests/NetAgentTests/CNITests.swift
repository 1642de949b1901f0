import KubeAPI
import Netlink
import Testing

@testable import NetAgent

/// What comes in from `skiff-cni` and what goes back, as values.
@Suite struct CNITests {
  private func request(
    _ environment: [String: String], _ configuration: JSONValue = ["cniVersion": "1.0.0"], name: JSONValue = "skiff"
  ) throws(CNIError) -> CNIRequest {
    var configuration = configuration
    configuration["name"] = name
    return try CNIRequest(environment: environment, configuration: configuration)
  }

  private let add = ["CNI_COMMAND": "ADD", "CNI_CONTAINERID": "abc", "CNI_NETNS": "/run/netns/x", "CNI_IFNAME": "eth0"]

  @Test(arguments: [
    (["CNI_COMMAND": ""], 4), (["CNI_COMMAND": "FETCH"], 4), (["CNI_CONTAINERID": ""], 4),
    (["CNI_CONTAINERID": "a/b"], 4),
    (["CNI_CONTAINERID": "-a"], 4), (["CNI_NETNS": ""], 4), (["CNI_IFNAME": ""], 4), (["CNI_IFNAME": "a b"], 4),
    (["CNI_IFNAME": "sixteencharacter"], 4), (["CNI_IFNAME": ".."], 4), (["CNI_ARGS": "novalue"], 4),
  ]) func aWrongEnvironmentIsRefused(change: [String: String], code: Int) throws {
    let error = try #require(throws: CNIError.self) {
      try request(add.merging(change) { $1 })
    }
    #expect(error.code.rawValue == code)
    #expect(!error.message.isEmpty)
  }

  @Test func versionsThatAreNotSpokenAreRefused() throws {
    for version in ["0.1.0", "0.2.0", "2.0.0", "x"] {
      let error = try #require(throws: CNIError.self) { try request(add, ["cniVersion": .string(version)]) }
      #expect(error.code == .incompatibleVersion)
    }
    let check = try #require(throws: CNIError.self) {
      try request(add.merging(["CNI_COMMAND": "CHECK"]) { $1 }, ["cniVersion": "0.3.1"])
    }
    #expect(check.code == .incompatibleVersion)
  }

  @Test(arguments: [("CHECK", "0.3.1"), ("STATUS", "1.0.0"), ("GC", "1.0.0")]) func verbsAreAsOldAsTheirVersion(
    verb: String, version: String
  ) throws {
    let error = try #require(throws: CNIError.self) {
      try request(add.merging(["CNI_COMMAND": verb]) { $1 }, ["cniVersion": .string(version), "prevResult": [:]])
    }
    #expect(error.code == .incompatibleVersion)
    #expect(error.message.contains(version))
  }

  @Test func aConfigurationHasANameAndAResultIsAnObject() throws {
    for name: JSONValue in ["", .null, 7, "-a", "a b", "a/b", "é"] {
      #expect(throws: CNIError.self) { try request(add, name: name) }
      // What is gone must be removable whatever became of the configuration.
      _ = try request(add.merging(["CNI_COMMAND": "DEL"]) { $1 }, name: name)
    }
    let wrong: [JSONValue] = [7, [], ["interfaces": 7], ["ips": ["x"]], ["routes": [:]]]
    for previous in wrong {
      let error = try #require(throws: CNIError.self) {
        try request(add, ["cniVersion": "1.0.0", "prevResult": previous])
      }
      #expect(error.code == .invalidConfiguration)
    }
    let check = add.merging(["CNI_COMMAND": "CHECK"]) { $1 }
    #expect(try #require(throws: CNIError.self) { try request(check) }.message == "CHECK needs prevResult")
  }

  @Test(arguments: [
    (#"{"portMappings": 7}"#, 7), (#"{"portMappings": [7]}"#, 7), (#"{"portMappings": [{"hostPort": 80}]}"#, 7),
    (#"{"portMappings": [{"hostPort": 70000, "containerPort": 80}]}"#, 7),
    (#"{"portMappings": [{"hostPort": 80, "containerPort": 80, "protocol": "icmp"}]}"#, 2),
    (#"{"portMappings": [{"hostPort": 80, "containerPort": 80, "hostIP": "x"}]}"#, 7),
    (#"{"portMappings": [{"hostPort": 80, "containerPort": 1}, {"hostPort": 80, "containerPort": 2}]}"#, 7),
    (#"{"bandwidth": []}"#, 7), (#"{"bandwidth": {"ingressRate": -1}}"#, 7),
    (#"{"bandwidth": {"egressRate": "fast"}}"#, 7), (#"{"bandwidth": {"egressBurst": 1000}}"#, 7),
    (#"{"ips": "10.0.0.1"}"#, 7), (#"{"ips": [7]}"#, 7), (#"{"ipRanges": [{}]}"#, 7), (#"{"ipRanges": [[{}]]}"#, 7),
    (#"{"ipRanges": [[{"subnet": "10.0.0.0/24", "rangeStart": "10.0.1.0"}]]}"#, 7),
    (#"{"ipRanges": [[{"subnet": "10.0.0.0/24", "rangeStart": "10.0.0.9", "rangeEnd": "10.0.0.8"}]]}"#, 7),
    (#"{"mac": "x"}"#, 7), (#"{"cgroupPath": 7}"#, 7), ("7", 7),
  ]) func whatCannotBeDoneIsRefused(runtime: String, code: Int) throws {
    let request = try request(
      add, ["cniVersion": "1.0.0", "runtimeConfig": try JSONValue(parsing: Array(runtime.utf8))])
    let error = try #require(throws: CNIError.self) { try request.wishes() }
    #expect(error.code.rawValue == code, "\(error)")
  }

  @Test func foreignAddressManagementIsRefused() throws {
    let request = try request(add, ["cniVersion": "1.0.0", "ipam": ["type": "host-local"]])
    let error = try #require(throws: CNIError.self) { try request.wishes() }
    #expect(error.code == .unsupportedField && error.message.contains(#"ipam.type "host-local""#))
  }

  @Test func allCapabilitiesAreRead() throws {
    let runtime = """
      {"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "TCP", "hostIP": ""},
        {"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}, {"hostPort": 0, "containerPort": 9},
        {"HostPort": 53, "ContainerPort": 5353, "Protocol": "udp", "HostIP": "fd00::1"}],
       "bandwidth": {"IngressRate": 1000000, "IngressBurst": 4294967295, "EgressRate": 0, "EgressBurst": 0},
       "ips": ["10.0.0.5/24", "10.0.0.5", "fd00::5"], "mac": "02:00:00:00:00:05", "cgroupPath": "/kubepods/x",
       "ipRanges": [[{"subnet": "10.0.0.0/24"}], [{"subnet": "fd00::/64", "rangeStart": "fd00::4"}]],
       "dns": {"Servers": ["10.96.0.10"], "Searches": ["svc.cluster.local"], "Options": ["ndots:5"]}}
      """
    let request = try request(
      add, ["cniVersion": "1.0.0", "runtimeConfig": try JSONValue(parsing: Array(runtime.utf8))])
    let wishes = try request.wishes()
    #expect(
      wishes.hostPorts == [HostPort(.tcp, 8080, to: 80), HostPort(.udp, 53, to: 5353, at: IPAddress("fd00::1"))])
    #expect(wishes.bandwidth == PodBandwidth(ingress: .init(rate: 1_000_000, burst: nil)))
    #expect(wishes.addresses.map(\.description) == ["10.0.0.5", "fd00::5"])
    #expect(
      wishes.ranges.map(\.description) == ["10.0.0.0-10.0.0.255", "fd00::4-fd00::ffff:ffff:ffff:ffff"])
    #expect(
      request.dns == ["nameservers": ["10.96.0.10"], "search": ["svc.cluster.local"], "options": ["ndots:5"]])
    var lease = AddressLease(
      attachment: request.attachment, addresses: wishes.addresses, namespace: "/x", namespaceInode: 7, pod: "a/b",
      hardwareAddress: wishes.hardwareAddress)
    lease.network = "skiff"
    lease.hostPorts = wishes.hostPorts
    lease.bandwidth = wishes.bandwidth
    #expect(AddressLease(json: lease.json) == lease)
  }

  @Test func argumentsAndCapabilitiesAreRead() throws {
    let request = try request(
      add.merging(["CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAMESPACE=ns;K8S_POD_NAME=p"]) { $1 },
      ["cniVersion": "1.0.0", "runtimeConfig": ["ips": ["10.0.0.5/24"], "mac": "02:00:00:00:00:05"]])
    #expect(request.pod == "ns/p")
    #expect(try request.requestedAddresses() == [IPAddress(10, 0, 0, 5)])
    #expect(try request.requestedHardwareAddress()?.description == "02:00:00:00:00:05")
    for bad in ["ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "x"] {
      let wrong = try self.request(add, ["cniVersion": "1.0.0", "runtimeConfig": ["mac": .string(bad)]])
      #expect(throws: CNIError.self) { try wrong.requestedHardwareAddress() }
    }
  }

  @Test func anEmptyListOfAttachmentsHasAMeaning() throws {
    for field in ["cni.dev/valid-attachments", "cni.dev/attachments"] {
      for list: JSONValue in [[], .null] {
        var configuration: JSONValue = ["cniVersion": "1.1.0"]
        configuration[field] = list
        #expect(try request(["CNI_COMMAND": "GC"], configuration).validAttachments().isEmpty)
      }
    }
    let broken: [JSONValue] = ["x", ["x"], [["containerID": "a"]], [["containerID": "", "ifname": "eth0"]], [[:]]]
    for list in broken {
      let collect = try request(["CNI_COMMAND": "GC"], ["cniVersion": "1.1.0", "cni.dev/valid-attachments": list])
      #expect(throws: CNIError.self) { try collect.validAttachments() }
    }
    let missing = try request(["CNI_COMMAND": "GC"], ["cniVersion": "1.1.0"])
    #expect(throws: CNIError.self) { try missing.validAttachments() }
  }

  private let result = CNIResult(
    interfaces: [
      CNIResult.Interface(name: "skf0", hardwareAddress: .local(1), mtu: 1400),
      CNIResult.Interface(name: "eth0", hardwareAddress: .local(2), mtu: 1400, sandbox: "/run/netns/x"),
    ],
    addresses: [CNIResult.Address(address: IPAddress(10, 0, 0, 5), gateway: PodGateway.v4, interface: 1)],
    routes: [CNIResult.Route(destination: .everything(.v4), gateway: PodGateway.v4)])

  @Test func resultsAreWrittenInTheVersionAskedFor() {
    #expect(
      result.json(version: .v0_4_0)["ips"] == [
        ["version": "4", "address": "10.0.0.5/32", "gateway": "169.254.1.1", "interface": 1]
      ])
    #expect(
      result.json(version: .v1_0_0)["ips"] == [["address": "10.0.0.5/32", "gateway": "169.254.1.1", "interface": 1]])
    #expect(result.json(version: .v1_0_0)["interfaces"]?.arrayValue?[1]["mtu"] == nil)
    #expect(result.json(version: .v1_1_0)["interfaces"]?.arrayValue?[1]["mtu"] == 1400)
  }

  @Test func anEarlierPluginsResultIsKept() {
    let previous: JSONValue = [
      "cniVersion": "1.0.0", "interfaces": [["name": "tap0"]], "ips": [["address": "192.0.2.1/24", "interface": 0]],
      "dns": ["nameservers": ["192.0.2.53"]],
    ]
    let merged = result.json(version: .v1_0_0, after: previous)
    #expect(merged["interfaces"]?.arrayValue?.map { $0["name"]?.stringValue } == ["tap0", "skf0", "eth0"])
    #expect(merged["ips"]?.arrayValue?.map { $0["interface"]?.integerValue } == [0, 2])
    #expect(merged["dns"] == ["nameservers": ["192.0.2.53"]])
  }

  /// The bytes of a request.
  private func bytes(_ environment: [String: String], _ configuration: String) -> [UInt8] {
    var bytes = Array("skiff-cni 1".utf8) + [0]
    for (name, value) in environment { bytes += Array("\(name)=\(value)".utf8) + [0] }
    return bytes + [0] + Array(configuration.utf8)
  }

  @Test func aRequestMayComeInAnyPieces() throws {
    let bytes = bytes(add, #"{"cniVersion":"0.4.0","name":"skiff"}"#)
    for size in 1...bytes.count {
      var connection = CNIConnection()
      for start in stride(from: 0, to: bytes.count, by: size) {
        guard case .read = connection.received(bytes[start..<min(start + size, bytes.count)]) else {
          Issue.record("did not go on reading")
          return
        }
      }
      guard case .handle(let request) = connection.ended() else {
        Issue.record("no request from pieces of \(size)")
        return
      }
      #expect(request.attachment.container == "abc")
      #expect(request.version == .v0_4_0)
    }
  }

  @Test(arguments: ["", "{", "[]", "null", #"{"cniVersion":7}"#, "{} {}"]) func wrongConfigurationsGetAnAnswer(
    text: String
  ) throws {
    var connection = CNIConnection()
    _ = connection.received(bytes(add, text))
    guard case .answer(let answer) = connection.ended() else {
      Issue.record("no answer")
      return
    }
    #expect(answer.first == UInt8(ascii: "1"))
    let error = try JSONValue(parsing: answer.dropFirst())
    #expect([1, 6].contains(error["code"]?.integerValue))
    #expect(error["cniVersion"] == "1.0.0")
  }

  @Test func strangersAndFloodsAreTurnedAway() {
    var silent = CNIConnection()
    guard case .close = silent.ended() else {
      Issue.record("an empty connection got an answer")
      return
    }
    var stranger = CNIConnection()
    _ = stranger.received(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    guard case .answer = stranger.ended() else {
      Issue.record("a stranger got no answer")
      return
    }
    var flood = CNIConnection()
    var turnedAway = false
    for _ in 0...(CNIConnection.limit / 65536) {
      if case .answer = flood.received([UInt8](repeating: 0x20, count: 65536)) { turnedAway = true }
    }
    #expect(turnedAway)
  }

  /// Whatever comes, the answer is one the runtime can read.
  @Test func randomRequestsAreAnswered() {
    var generator = SystemRandomNumberGenerator()
    let whole = bytes(add, #"{"cniVersion":"1.0.0","prevResult":{"ips":[]}}"#)
    for _ in 0..<5000 {
      var bytes = Array(whole.prefix(Int.random(in: 1...whole.count, using: &generator)))
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      var connection = CNIConnection()
      _ = connection.received(bytes)
      switch connection.ended() {
      case .handle(let request): #expect(!request.attachment.container.isEmpty || request.command == .status)
      case .answer(let answer): #expect((try? JSONValue(parsing: answer.dropFirst()))?["code"] != nil)
      case .read, .close: Issue.record("no answer to \(bytes)")
      }
    }
  }

  @Test func linksAreNamedByTheAttachmentAlone() {
    let one = PodLink(CNIRequest.Attachment(container: "abc", interface: "eth0"))
    #expect(one == PodLink(CNIRequest.Attachment(container: "abc", interface: "eth0")))
    #expect(one.hostName.utf8.count == 15 && one.hostName.hasPrefix("skf"))
    #expect(one.hostAddress != one.podAddress)
    var names: Set<String> = []
    for number in 0..<10_000 {
      names.insert(PodLink(CNIRequest.Attachment(container: "c\(number)", interface: "eth0")).hostName)
    }
    #expect(names.count == 10_000)
    var link = Link(index: 3, name: one.hostName)
    link.alias = one.alias
    #expect(PodLink.attachment(of: link) == CNIRequest.Attachment(container: "abc", interface: "eth0"))
    link.alias = "someone else's"
    #expect(PodLink.attachment(of: link) == nil)
  }
}
