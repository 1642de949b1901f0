import Glibc
import KubeAPI

/// The files by which a runtime finds the plugin: links in its folder of plugins, and the configuration list.
struct CNIInstallation: Sendable {
  static let listName = "10-skiff.conflist"

  var configuration: NetworkAgent.Configuration

  private var listPath: String { configuration.cniConfigDirectory + "/" + Self.listName }

  private static var capabilities: JSONValue {
    var capabilities: JSONValue = [:]
    for name in CNIRequest.capabilities { capabilities[name] = true }
    return capabilities
  }

  /// The configuration list, as the runtime reads it.
  var list: [UInt8] {
    let json: JSONValue = [
      "cniVersion": .string(CNIVersion.written.rawValue), "name": "skiff",
      "plugins": [
        [
          "type": "skiff-cni", "socket": .string(configuration.socketPath),
          "capabilities": Self.capabilities,
        ]
      ],
    ]
    var bytes: [UInt8] = []
    json.write(to: &bytes)
    return bytes + [0x0a]
  }

  /// Makes the links `skiff-cni` and `loopback`; one that leads elsewhere is replaced.
  func linkPlugins() throws(CNIInstallationError) {
    try Self.makeFolder(configuration.cniBinDirectory)
    guard access(configuration.cniExecutable, X_OK) == 0 else {
      throw CNIInstallationError("run", configuration.cniExecutable)
    }
    for name in ["skiff-cni", "loopback"] {
      let path = configuration.cniBinDirectory + "/" + name
      if Self.target(of: path) == configuration.cniExecutable || Self.isSameFile(path, configuration.cniExecutable) {
        continue
      }
      // A real plugin that an administrator installed stays: it does the same.
      var status = stat()
      if name == "loopback", lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG { continue }
      let temporary = configuration.cniBinDirectory + "/.\(name).skiff"
      unlink(temporary)
      guard symlink(configuration.cniExecutable, temporary) == 0 else { throw CNIInstallationError("link", temporary) }
      guard rename(temporary, path) == 0 else { throw CNIInstallationError("rename", temporary) }
    }
  }

  /// Writes the list where it is not yet, whole or not at all.
  func writeList() throws(CNIInstallationError) {
    try Self.makeFolder(configuration.cniConfigDirectory)
    guard Self.contents(of: listPath) != list else { return }
    // The name must not end in what a runtime reads.
    let temporary = configuration.cniConfigDirectory + "/.\(Self.listName).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw CNIInstallationError("open", temporary) }
    let bytes = list
    let written = write(descriptor, bytes, bytes.count)
    let synced = fsync(descriptor)
    close(descriptor)
    guard written == bytes.count, synced == 0 else { throw CNIInstallationError("write", temporary) }
    guard rename(temporary, listPath) == 0 else { throw CNIInstallationError("rename", temporary) }
  }

  /// Removes a list that says something else than ours would, so that no pod is started with it meanwhile.
  func removeOutdatedList() {
    if let contents = Self.contents(of: listPath), contents != list { unlink(listPath) }
  }

  private static func contents(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &buffer, buffer.count)
    return count < 0 ? nil : Array(buffer[..<count])
  }

  private static func target(of path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func isSameFile(_ left: String, _ right: String) -> Bool {
    var first = stat()
    var second = stat()
    return lstat(left, &first) == 0 && stat(right, &second) == 0 && first.st_ino == second.st_ino
      && first.st_dev == second.st_dev
  }

  private static func makeFolder(_ path: String) throws(CNIInstallationError) {
    var folder = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      folder += "/" + part
      guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw CNIInstallationError("make folder", folder) }
    }
  }
}

/// Why the runtime cannot be told of the plugin.
struct CNIInstallationError: Error, CustomStringConvertible {
  var description: String

  init(_ action: String, _ path: String) {
    description = "cannot \(action) \(path): \(String(cString: strerror(errno)))"
  }
}
