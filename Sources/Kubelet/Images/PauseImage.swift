/// The image of the process that holds a pod's namespaces: one static executable. The same executable gives the same
/// archive.
enum PauseImage {
  static let name = "skiff.local/pause:1"

  static func archive(executable: [UInt8]) -> [UInt8] {
    var layer = TarArchive()
    layer.addFile("pause", executable, mode: 0o755)
    return ImageArchive(name: name, layer: layer, entrypoint: ["/pause"], user: "65535:65535").bytes()
  }
}
