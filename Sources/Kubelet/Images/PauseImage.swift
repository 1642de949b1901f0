import Crypto
import KubeAPI

/// The image of the process that holds a pod's namespaces: one static executable, as an OCI image layout in a tar
/// archive (image-spec v1.0). The same executable gives the same archive.
enum PauseImage {
  static let name = "skiff.local/pause:1"

  static func archive(executable: [UInt8]) -> [UInt8] {
    var layer = TarArchive()
    layer.addFile("pause", executable, mode: 0o755)
    let layerBytes = layer.finished()
    let layerDigest = digest(layerBytes)
    #if arch(x86_64)
      let architecture = "amd64"
    #else
      let architecture = "arm64"
    #endif
    let config: JSONValue = [
      "architecture": .string(architecture), "os": "linux",
      "config": ["Entrypoint": ["/pause"], "User": "65535:65535"],
      "rootfs": ["type": "layers", "diff_ids": [.string(layerDigest)]],
      "history": [["created_by": "skiff"]],
    ]
    let configBytes = config.bytes
    let manifest: JSONValue = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "config": descriptor("application/vnd.oci.image.config.v1+json", configBytes),
      "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layerBytes)],
    ]
    let manifestBytes = manifest.bytes
    var entry = descriptor("application/vnd.oci.image.manifest.v1+json", manifestBytes)
    entry["annotations"] = [
      "io.containerd.image.name": .string(name), "org.opencontainers.image.ref.name": .string(name),
    ]
    entry["platform"] = ["architecture": .string(architecture), "os": "linux"]
    let index: JSONValue = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry],
    ]
    var archive = TarArchive()
    archive.addFile("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
    archive.addFile("index.json", index.bytes)
    for blob in [layerBytes, configBytes, manifestBytes] {
      archive.addFile("blobs/sha256/" + digest(blob).dropFirst("sha256:".count), blob)
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
