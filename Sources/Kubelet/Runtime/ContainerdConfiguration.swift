/// The configuration file of the kubelet's own containerd (version 2 of the format, containerd 1.6 and 1.7).
///
/// Everything containerd writes lies under ``root`` and ``state``, so that several of them run on one machine and none
/// leaves anything elsewhere.
struct ContainerdConfiguration: Sendable, Equatable {
  /// Images, snapshots, metadata: kept over a reboot.
  var root: String
  /// Sockets, bundles, mounts: gone after a reboot.
  var state: String
  var socket: String
  var sandboxImage: String
  var cniConfigDirectory: String
  var cniBinDirectory: String
  var runcPath: String
  var snapshotter: Snapshotter
  /// Where a process of containerd's may not lower its OOM score, containerd must not try to.
  var restrictsOOMScore: Bool
  /// A folder of registry settings (`certs.d`), where one is configured.
  var registryDirectory: String?

  enum Snapshotter: String, Sendable { case overlayfs, native }

  /// Plugins that a node does not need; each costs start time, memory, or a folder outside ours.
  static let disabledPlugins = [
    "io.containerd.internal.v1.opt", "io.containerd.internal.v1.restart", "io.containerd.internal.v1.tracing",
    "io.containerd.tracing.processor.v1.otlp", "io.containerd.monitor.v1.cgroups",
    "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  ]

  var text: String {
    let disabled = Self.disabledPlugins.map(Self.quoted).joined(separator: ", ")
    var text = """
      version = 2
      root = \(Self.quoted(root))
      state = \(Self.quoted(state))
      disabled_plugins = [\(disabled)]

      [grpc]
        address = \(Self.quoted(socket))

      [plugins."io.containerd.grpc.v1.cri"]
        sandbox_image = \(Self.quoted(sandboxImage))
        netns_mounts_under_state_dir = true
        restrict_oom_score_adj = \(restrictsOOMScore)
        stream_server_address = "127.0.0.1"
        stream_server_port = "0"
        disable_tcp_service = true
        enable_unprivileged_ports = true
        enable_unprivileged_icmp = true
        tolerate_missing_hugetlb_controller = true

        [plugins."io.containerd.grpc.v1.cri".cni]
          bin_dir = \(Self.quoted(cniBinDirectory))
          conf_dir = \(Self.quoted(cniConfigDirectory))

        [plugins."io.containerd.grpc.v1.cri".containerd]
          snapshotter = \(Self.quoted(snapshotter.rawValue))
          default_runtime_name = "runc"

          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"

            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
              BinaryName = \(Self.quoted(runcPath))
              Root = \(Self.quoted(state + "/runc"))
              SystemdCgroup = false

      """
    if let registryDirectory {
      text += """

          [plugins."io.containerd.grpc.v1.cri".registry]
            config_path = \(Self.quoted(registryDirectory))

        """
    }
    return text
  }

  /// A TOML basic string.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
