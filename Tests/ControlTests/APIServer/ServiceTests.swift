import KubeAPI
import KubeClient
import Logging
import Testing

@testable import Control

/// Addresses and node ports of services.
@Suite struct ServiceTests {
  static let services = "/api/v1/namespaces/default/services"
  static let merge = "application/merge-patch+json"

  private static func service(_ name: String, _ fill: (inout ServiceSpec) -> Void = { _ in }) -> JSONValue {
    KubeAPI.Service(name) {
      $0.spec.ports = [ServicePort { $0.port = 80 }]
      fill(&$0.spec)
    }.json
  }

  @Test func addressesAreGivenAndGivenBack() async throws {
    let small = APIServer.Configuration(serviceCIDR: "10.9.0.0/29", nodePorts: 30_000...30_001)
    try await TestAPIServer.with(configuration: small) { api in
      var addresses: Set<String> = []
      for number in 0..<6 {
        let made = try await api.send("POST", Self.services, Self.service("s\(number)"))
        #expect(made.status == 201, "\(made.text)")
        addresses.insert(made.json[path: "spec", "clusterIP"]?.stringValue ?? "")
        #expect(made.json[path: "spec", "ipFamilies"] == ["IPv4"])
        #expect(made.json[path: "spec", "ipFamilyPolicy"] == "SingleStack")
      }
      #expect(addresses == Set((1...6).map { "10.9.0.\($0)" }))
      let full = try await api.send("POST", Self.services, Self.service("more"))
      #expect(full.status == 422)
      #expect(full.json["message"]?.stringValue?.contains("range is full") ?? false)
      let gone = try await api.send("DELETE", Self.services + "/s3")
      let again = try await api.send("POST", Self.services, Self.service("more"))
      #expect(again.json[path: "spec", "clusterIP"] == gone.json[path: "spec", "clusterIP"])
    }
  }

  @Test func aCertainAddressIsGivenOnce() async throws {
    try await TestAPIServer.with { api in
      let wish = Self.service("a") { $0.clusterIP = "10.96.0.10" }
      #expect(try await api.send("POST", Self.services, wish).status == 201)
      let taken = try await api.send("POST", Self.services, Self.service("b") { $0.clusterIP = "10.96.0.10" })
      #expect(taken.status == 422)
      #expect(
        taken.json["message"]
          == #"Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated"#
      )
      #expect(try await api.send("POST", Self.services, Self.service("c") { $0.clusterIP = "10.1.0.1" }).status == 422)
      let headless = try await api.send("POST", Self.services, Self.service("d") { $0.clusterIP = "None" })
      #expect(headless.json[path: "spec", "clusterIPs"] == ["None"])
      let external = try await api.send(
        "POST", Self.services,
        Self.service("e") {
          $0.type = "ExternalName"
          $0.externalName = "example.com"
        })
      #expect(external.status == 201, "\(external.text)")
      #expect(external.json[path: "spec", "clusterIP"] == nil)
    }
  }

  @Test func nodePortsFollowTheType() async throws {
    try await TestAPIServer.with { api in
      let made = try await api.send(
        "POST", Self.services,
        Self.service("a") {
          $0.type = "NodePort"
          $0.ports = [
            ServicePort {
              $0.name = "tcp"
              $0.port = 53
              $0.nodePort = 30_053
            },
            ServicePort {
              $0.name = "udp"
              $0.port = 53
              $0.protocol = "UDP"
              $0.nodePort = 30_053
            },
          ]
        })
      #expect(made.status == 201, "\(made.text)")
      let taken = Self.service("b") {
        $0.type = "NodePort"
        $0.ports = [
          ServicePort {
            $0.port = 80
            $0.nodePort = 30_053
          }
        ]
      }
      let refused = try await api.send("POST", Self.services, taken)
      #expect(refused.status == 422)
      #expect(
        refused.json["message"]
          == #"Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30053: provided port is already allocated"#
      )
      let internally = try await api.send(
        "PATCH", Self.services + "/a", ["spec": ["type": "ClusterIP"]], type: Self.merge)
      #expect(internally.status == 200, "\(internally.text)")
      #expect(internally.json[path: "spec", "ports"]?.arrayValue?.allSatisfy { $0["nodePort"] == nil } ?? false)
      #expect(internally.json[path: "spec", "clusterIP"] == made.json[path: "spec", "clusterIP"])
      #expect(try await api.send("POST", Self.services, taken).status == 201)
      let outside = Self.service("c") {
        $0.type = "NodePort"
        $0.ports = [
          ServicePort {
            $0.port = 80
            $0.nodePort = 80
          }
        ]
      }
      #expect(try await api.send("POST", Self.services, outside).status == 422)
    }
  }

  @Test func anUpdateKeepsWhatWasAllocated() async throws {
    try await TestAPIServer.with { api in
      let made = try await api.send("POST", Self.services, Self.service("a") { $0.type = "NodePort" })
      // A client that sends its manifest again says nothing of addresses.
      let again = try await api.send("PUT", Self.services + "/a", Self.service("a") { $0.type = "NodePort" })
      #expect(again.status == 200, "\(again.text)")
      #expect(again.json["spec"] == made.json["spec"])
      let moved = try await api.send(
        "PATCH", Self.services + "/a", ["spec": ["clusterIP": "10.96.7.7", "clusterIPs": ["10.96.7.7"]]],
        type: Self.merge)
      #expect(moved.status == 422)
      #expect(api.server.services.usage.addresses == 1)
      #expect(api.server.services.usage.ports == 1)
      let dry = try await api.send("POST", Self.services + "?dryRun=All", Self.service("b") { $0.type = "NodePort" })
      #expect(dry.status == 201)
      #expect(api.server.services.usage.addresses == 1)
      #expect(api.server.services.usage.ports == 1)
      let external = try await api.send(
        "PATCH", Self.services + "/a", ["spec": ["type": "ExternalName", "externalName": "example.com"]],
        type: Self.merge)
      #expect(external.status == 200, "\(external.text)")
      #expect(api.server.services.usage.addresses == 0)
      #expect(api.server.services.usage.ports == 0)
    }
  }

  @Test func poolsAreFilledFromTheStore() async throws {
    try await TestAPIServer.with { api in
      let made = try await api.send("POST", Self.services, Self.service("a") { $0.type = "NodePort" })
      let port = made.json[path: "spec", "ports"]?.arrayValue?.first?["nodePort"]?.integerValue ?? 0
      let second = try APIServer(store: api.store, logger: .init(label: "test"))
      try await second.start()
      #expect(second.services.usage.addresses == 1)
      let client = KubeClient(transport: second.transport(), logger: .init(label: "test"))
      await #expect(throws: APIError.self) {
        _ = try await client.create(
          KubeAPI.Service("b", in: "default") {
            $0.spec.type = "NodePort"
            $0.spec.ports = [
              ServicePort {
                $0.port = 80
                $0.nodePort = Int32(port)
              }
            ]
          })
      }
      await second.stop()
    }
  }
}
