import KubeAPI
import Netlink
import Testing

@testable import NetAgent

/// What comes in from `skiff-cni` and what goes back, as values.
@Suite struct CNITests {
  private func request(
    _ environment: [String: String], _ configuration: JSONValue = ["cniVersion": "1.0.0"]
  ) throws(CNIError) -> CNIRequest {
    try CNIRequest(environment: environment, configuration: configuration)
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
    let collect = try request(["CNI_COMMAND": "GC"], ["cniVersion": "1.1.0", "cni.dev/valid-attachments": []])
    #expect(try collect.validAttachments().isEmpty)
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
