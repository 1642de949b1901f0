import Crypto
import KubeAPI

/// An image of one layer as an OCI image layout in a tar archive (image-spec v1.0).
struct ImageArchive {
  var name: String
  var layer: TarArchive
  var entrypoint: [String] = []
  var command: [String] = []
  var user = ""

  func bytes() -> [UInt8] {
    let layerBytes = layer.finished()
    let layerDigest = Self.digest(layerBytes)
    let config: JSONValue = [
      "architecture": .string(NodeFacts.architecture), "os": "linux",
      "config": [
        "Entrypoint": .array(entrypoint.map { .string($0) }), "Cmd": .array(command.map { .string($0) }),
        "User": .string(user), "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ],
      "rootfs": ["type": "layers", "diff_ids": [.string(layerDigest)]],
      "history": [["created_by": "skiff"]],
    ]
    let configBytes = config.bytes
    let manifest: JSONValue = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "config": Self.descriptor("application/vnd.oci.image.config.v1+json", configBytes),
      "layers": [Self.descriptor("application/vnd.oci.image.layer.v1.tar", layerBytes)],
    ]
    let manifestBytes = manifest.bytes
    var entry = Self.descriptor("application/vnd.oci.image.manifest.v1+json", manifestBytes)
    entry["annotations"] = ["org.opencontainers.image.ref.name": .string(name)]
    if name.contains("/") { entry["annotations"]?["io.containerd.image.name"] = .string(name) }
    entry["platform"] = ["architecture": .string(NodeFacts.architecture), "os": "linux"]
    let index: JSONValue = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry],
    ]
    var archive = TarArchive()
    archive.addFile("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
    archive.addFile("index.json", index.bytes)
    for blob in [layerBytes, configBytes, manifestBytes] {
      archive.addFile("blobs/sha256/" + Self.digest(blob).dropFirst("sha256:".count), blob)
    }
    return archive.finished()
  }

  static func digest(_ bytes: [UInt8]) -> String {
    let digits: [Character] = Array("0123456789abcdef")
    return SHA256.hash(data: bytes).reduce(into: "sha256:") { text, byte in
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
  }

  private static func descriptor(_ type: String, _ bytes: [UInt8]) -> JSONValue {
    ["mediaType": .string(type), "digest": .string(digest(bytes)), "size": .integer(Int64(bytes.count))]
  }
}
