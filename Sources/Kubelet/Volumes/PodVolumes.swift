import Glibc
import KubeAPI
import KubeClient

/// Makes the volumes of one pod, keeps those that follow objects up to date, and removes them.
struct PodVolumes: Sendable {
  var pod: Pod
  var directories: PodDirectories
  var objects: ConfigObjects
  var client: KubeClient
  var nodeName: String
  var hostIPs: [String]
  var podIPs: [String]
  var allocatable: [String: Quantity]

  private var namespace: String { pod.metadata.namespace ?? "" }
  private var uid: String { pod.metadata.uid ?? "" }
  private var group: gid_t? { pod.spec.securityContext?.fsGroup.map { gid_t(truncatingIfNeeded: $0) } }

  /// Makes or refreshes all volumes.
  /// - Returns: the path on the node, by the volume's name.
  /// - Throws: ``KubeletError`` naming the volume and what is missing.
  func setUp() async throws -> [String: String] {
    var paths: [String: String] = [:]
    for volume in pod.spec.volumes {
      let name = volume.name ?? ""
      do {
        paths[name] = try await setUp(volume, name)
      } catch {
        throw KubeletError("MountVolume.SetUp failed for volume \"\(name)\" : \(error)")
      }
    }
    return paths
  }

  /// Whether the content of any volume may change while the pod runs.
  var followsObjects: Bool {
    pod.spec.volumes.contains { volume in
      volume.configMap != nil || volume.secret != nil || volume.projected != nil || volume.downwardAPI != nil
    }
  }

  private func setUp(_ volume: Volume, _ name: String) async throws -> String {
    if let source = volume.emptyDir { return try setUpEmptyDirectory(source, name) }
    if let source = volume.hostPath { return try setUpHostPath(source) }
    if let source = volume.configMap {
      let files = try await configMap(source.name ?? "", source.items, source.defaultMode, source.optional ?? false)
      return try write(files, "configmap", name)
    }
    if let source = volume.secret {
      let files = try await secret(source.secretName ?? "", source.items, source.defaultMode, source.optional ?? false)
      return try write(files, "secret", name)
    }
    if let source = volume.downwardAPI {
      return try write(try downward(source.items, source.defaultMode), "downward-api", name)
    }
    if let source = volume.projected { return try write(try await projected(source), "projected", name) }
    let type = volume.json.objectValue?.keys.first { $0 != "name" } ?? "nothing"
    throw KubeletError("volumes of type \(type) are not supported by this kubelet")
  }

  private func write(_ files: [String: AtomicDirectory.File], _ type: String, _ name: String) throws -> String {
    let path = directories.volume(type, name)
    let now = MicroTime.now().text
    let stamp = String(now.map { "-:T".contains($0) ? "_" : $0 }.dropLast())
    try AtomicDirectory(path: path, group: group).write(files, stamp: stamp)
    return path
  }

  // MARK: folders

  private func setUpEmptyDirectory(_ source: EmptyDirVolumeSource, _ name: String) throws -> String {
    let path = directories.volume("empty-dir", name)
    let isNew = !Files.exists(path)
    try Files.makeDirectory(path, mode: 0o777)
    if source.medium == "Memory", !MountInfo.all().contains(where: { $0.point == path }) {
      let size = source.sizeLimit.map { ",size=\($0.value)" } ?? ""
      guard mount("tmpfs", path, "tmpfs", UInt(MS_NOSUID | MS_NODEV), "mode=0777" + size) == 0 else {
        throw SystemError("mount a tmpfs at", path)
      }
    } else if let medium = source.medium, medium != "", medium != "Memory" {
      throw KubeletError("emptyDir medium \"\(medium)\" is not supported")
    }
    if isNew { chmod(path, 0o777) }
    if let group {
      chown(path, uid_t.max, group)
      chmod(path, 0o2777)
    }
    return path
  }

  private func setUpHostPath(_ source: HostPathVolumeSource) throws -> String {
    let path = source.path ?? ""
    let status = FileStatus(path)
    let isThere = status != nil
    func require(_ matches: Bool?, _ what: String) throws {
      guard matches == true else { throw KubeletError("hostPath type check failed: \(path) is not a \(what)") }
    }
    switch source.type ?? "" {
    case "": break
    case "DirectoryOrCreate": isThere ? try require(status?.isDirectory, "directory") : try Files.makeDirectory(path)
    case "Directory": try require(status?.isDirectory, "directory")
    case "FileOrCreate": isThere ? try require(status?.isRegular, "file") : try Files.write([], to: path)
    case "File": try require(status?.isRegular, "file")
    case "Socket": try require(status?.isSocket, "socket")
    case "CharDevice": try require(status?.isCharacterDevice, "character device")
    case "BlockDevice": try require(status?.isBlockDevice, "block device")
    default: throw KubeletError("unknown hostPath type \(source.type ?? "")")
    }
    return path
  }

  // MARK: files

  private typealias FileMap = [String: AtomicDirectory.File]

  private func configMap(
    _ name: String, _ items: [KeyToPath], _ mode: Int32?, _ optional: Bool
  ) async throws -> [String: AtomicDirectory.File] {
    let id = ConfigObjects.ID(kind: .configMap, key: ObjectKey(namespace: namespace, name: name))
    guard let content = await objects.content(id, for: uid) else {
      if optional { return [:] }
      throw KubeletError("configmap \"\(name)\" not found")
    }
    return try select(content, items, mode, optional, "configmap \"\(name)\"")
  }

  private func secret(
    _ name: String, _ items: [KeyToPath], _ mode: Int32?, _ optional: Bool
  ) async throws -> [String: AtomicDirectory.File] {
    let id = ConfigObjects.ID(kind: .secret, key: ObjectKey(namespace: namespace, name: name))
    guard let content = await objects.content(id, for: uid) else {
      if optional { return [:] }
      throw KubeletError("secret \"\(name)\" not found")
    }
    return try select(content, items, mode, optional, "secret \"\(name)\"")
  }

  private func select(
    _ content: ConfigObjects.Content, _ items: [KeyToPath], _ mode: Int32?, _ optional: Bool, _ object: String
  ) throws -> [String: AtomicDirectory.File] {
    let mode = mode_t(mode ?? 0o644)
    if items.isEmpty { return content.mapValues { AtomicDirectory.File(bytes: $0, mode: mode) } }
    var files: FileMap = [:]
    for item in items {
      guard let bytes = content[item.key ?? ""] else {
        if optional { continue }
        throw KubeletError("\(object) references non-existent key: \(item.key ?? "")")
      }
      files[item.path ?? ""] = AtomicDirectory.File(bytes: bytes, mode: item.mode.map { mode_t($0) } ?? mode)
    }
    return files
  }

  private func downward(_ items: [DownwardAPIVolumeFile], _ mode: Int32?) throws -> [String: AtomicDirectory.File] {
    let fields = DownwardFields(
      pod: pod, podIPs: podIPs, hostIPs: hostIPs, nodeName: nodeName, allocatable: allocatable)
    var files: FileMap = [:]
    for item in items {
      let text: String
      if let field = item.fieldRef {
        text = try fields.value(ofField: field.fieldPath ?? "")
      } else if let resource = item.resourceFieldRef {
        text = try fields.value(ofResource: resource, in: nil)
      } else {
        continue
      }
      files[item.path ?? ""] = AtomicDirectory.File(bytes: Array(text.utf8), mode: mode_t(item.mode ?? mode ?? 0o644))
    }
    return files
  }

  private func projected(_ source: ProjectedVolumeSource) async throws -> [String: AtomicDirectory.File] {
    var files: FileMap = [:]
    let mode = source.defaultMode
    for part in source.sources {
      var found: FileMap = [:]
      if let map = part.configMap {
        found = try await configMap(map.name ?? "", map.items, mode, map.optional ?? false)
      } else if let object = part.secret {
        found = try await secret(object.name ?? "", object.items, mode, object.optional ?? false)
      } else if let items = part.downwardAPI?.items {
        found = try downward(items, mode)
      } else if let token = part.serviceAccountToken {
        let bytes = try await serviceAccountToken(token)
        let tokenMode: mode_t = group == nil && pod.spec.securityContext?.runAsUser == nil ? 0o600 : 0o640
        found[token.path ?? "token"] = AtomicDirectory.File(bytes: bytes, mode: mode.map { mode_t($0) } ?? tokenMode)
      } else {
        throw KubeletError("a projected source of this kind is not supported by this kubelet: \(part.json.text)")
      }
      files.merge(found) { _, new in new }
    }
    return files
  }

  /// A token of the pod's service account, kept in a file beside the volume until four fifths of its life are over.
  private func serviceAccountToken(_ source: ServiceAccountTokenProjection) async throws -> [UInt8] {
    let account = pod.spec.serviceAccountName ?? "default"
    let lifetime = source.expirationSeconds ?? 3607
    let cache =
      directories.pod + "/token-\(source.audience.map { ImageArchive.digest(Array($0.utf8)).suffix(16) } ?? "api")"
    let now = Time.now().seconds
    if let text = Files.text(cache), let line = text.split(separator: "\n", maxSplits: 1).first,
      let renew = Int64(line),
      renew > now
    {
      return Array(text.utf8.dropFirst(line.utf8.count + 1))
    }
    var body: JSONValue = [
      "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
      "spec": [
        "expirationSeconds": .integer(lifetime),
        "boundObjectRef": [
          "apiVersion": "v1", "kind": "Pod", "name": .string(pod.metadata.name ?? ""), "uid": .string(uid),
        ],
      ],
    ]
    if let audience = source.audience { body["spec"]?["audiences"] = [.string(audience)] }
    let answer = try await client.createSubresource(
      ServiceAccount.resource, ObjectKey(namespace: namespace, name: account), subresource: "token",
      body: TokenRequest(json: body))
    guard let token = answer[path: "status", "token"]?.stringValue else {
      throw KubeletError("the API server made no token for service account \"\(account)\"")
    }
    try Files.makeDirectory(directories.pod)
    try Files.replace(cache, with: Array("\(now + lifetime * 4 / 5)\n\(token)".utf8), mode: 0o600)
    return Array(token.utf8)
  }

  // MARK: the end

  /// Unmounts and removes everything of the pod but its logs.
  static func tearDown(_ directories: PodDirectories) throws {
    for mount in MountInfo.all().reversed() where mount.point.hasPrefix(directories.pod + "/") {
      guard umount2(mount.point, Int32(MNT_DETACH)) == 0 else { throw SystemError("unmount", mount.point) }
    }
    try Files.removeTree(directories.pod)
  }
}

/// `TokenRequest` of `authentication.k8s.io/v1`.
struct TokenRequest: JSONView {
  var json: JSONValue
}
