// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is compiled alike: Swift 6, explicit existentials, imports internal unless
/// said otherwise, and no warning passes.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
]
let http: [Target.Dependency] = [.product(name: "NIOHTTP1", package: "swift-nio")]
let tls: [Target.Dependency] = [.product(name: "NIOSSL", package: "swift-nio-ssl")]
let log: [Target.Dependency] = [.product(name: "Logging", package: "swift-log")]
let lifecycle: [Target.Dependency] = [
  .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
]

/// What every node module stands on.
let node: [Target.Dependency] = ["KubeAPI", "KubeClient", "Telemetry"] + log + lifecycle

let package = Package(
  name: "skiff",
  products: [
    .executable(name: "skiff", targets: ["skiff"]),
    .executable(name: "skiff-cni", targets: ["skiff-cni"]),
    .executable(name: "skiff-pause", targets: ["skiff-pause"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CNetlink", pkgConfig: "libnl-route-3.0",
      providers: [.apt(["libnl-3-dev", "libnl-route-3-dev", "libmnl-dev", "libnftnl-dev"])]),
    .target(name: "CLinux", dependencies: ["CNetlink"]),
    .target(name: "CNamespace"),
    .target(name: "Netlink", dependencies: ["CLinux", "CNamespace", "CNetlink"], swiftSettings: strict),
    .target(name: "Telemetry", dependencies: nio + http + log + lifecycle, swiftSettings: strict),
    .target(
      name: "KubeAPI", dependencies: [.product(name: "Yams", package: "Yams")],
      swiftSettings: strict),
    .target(
      name: "KubeClient",
      dependencies: [
        "KubeAPI", .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Yams", package: "Yams"),
      ]
        + nio + http + tls + log + lifecycle,
      swiftSettings: strict),
    // A Kubernetes API in memory for the tests of everything that talks to one.
    .target(
      name: "KubeClientTesting", dependencies: ["KubeAPI", "KubeClient"] + nio + log,
      swiftSettings: strict),
    .target(
      name: "NetAgent", dependencies: ["Netlink"] + nio + node, swiftSettings: strict),
    .target(
      name: "ServiceProxy", dependencies: ["Netlink"] + nio + http + node, swiftSettings: strict),
    .target(
      name: "ClusterDNS",
      dependencies: [
        "CLinux", "Netlink", .product(name: "NIOTLS", package: "swift-nio"), .product(name: "Yams", package: "Yams"),
      ] + nio + tls + node,
      swiftSettings: strict),
    .target(
      name: "Control",
      dependencies: [
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "X509", package: "swift-certificates"),
      ] + nio + http + tls + node,
      swiftSettings: strict),
    .target(
      name: "Kubelet",
      dependencies: [
        "CLinux",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
        .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "X509", package: "swift-certificates"),
      ] + nio + http + tls + node,
      exclude: ["README.md", "CRI/runtime.proto", "CRI/events.proto"],
      swiftSettings: strict),
    .executableTarget(
      name: "skiff",
      dependencies: [
        "NetAgent", "ServiceProxy", "ClusterDNS", "Control", "Kubelet", "Netlink", "CLinux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "X509", package: "swift-certificates"),
      ] + nio + node,
      swiftSettings: strict),
    .executableTarget(
      name: "skiff-cni", dependencies: ["CNamespace"], swiftSettings: strict,
      linkerSettings: [.unsafeFlags(["-static-executable"])]),
    .executableTarget(
      name: "skiff-pause", linkerSettings: [.unsafeFlags(["-static-executable"])]),
    .testTarget(name: "NetlinkTests", dependencies: ["Netlink", "CLinux"], swiftSettings: strict),
    .testTarget(name: "TelemetryTests", dependencies: ["Telemetry"] + nio + log, swiftSettings: strict),
    .testTarget(name: "KubeAPITests", dependencies: ["KubeAPI"], swiftSettings: strict),
    .testTarget(
      name: "KubeClientTests",
      dependencies: ["KubeAPI", "KubeClient", "KubeClientTesting"] + nio + http + tls + log, swiftSettings: strict),
    .testTarget(
      name: "NetAgentTests", dependencies: ["NetAgent", "KubeClientTesting", "Netlink", "CLinux"] + node,
      swiftSettings: strict),
    .testTarget(
      name: "ServiceProxyTests", dependencies: ["ServiceProxy", "KubeClientTesting", "Netlink", "CLinux"],
      swiftSettings: strict),
    .testTarget(
      name: "ClusterDNSTests",
      dependencies: [
        "ClusterDNS", "KubeClientTesting", "Netlink", "CLinux", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"), .product(name: "X509", package: "swift-certificates"),
      ] + nio + tls, swiftSettings: strict),
    .testTarget(
      name: "ControlTests",
      dependencies: [
        "Control", "KubeAPI", "KubeClient", "KubeClientTesting", "Telemetry",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
      ] + nio + log, swiftSettings: strict),
    .testTarget(
      name: "KubeletTests", dependencies: ["Kubelet", "KubeClientTesting", "CLinux"] + nio + http, swiftSettings: strict
    ),
    .testTarget(
      name: "SkiffTests",
      dependencies: [
        "skiff", "KubeAPI", "Netlink", "ServiceProxy",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    .testTarget(name: "ClusterTests", dependencies: ["CLinux", "Netlink"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
