import Glibc

@testable import Kubelet

/// An authority for client certificates: one that signed itself, and is its own client.
struct TestAuthority {
  let directory: String
  var caPath: String { directory + "/client.pem" }
  var certificatePath: String { directory + "/client.pem" }
  var keyPath: String { directory + "/client.key" }

  init() throws {
    var template = Array("/tmp/skiff-kubelet-ca-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template) else { throw SystemError("make a folder like", "/tmp/skiff-kubelet-ca-") }
    directory = String(cString: path)
    let own = try SelfSignedCertificate(name: "client", addresses: [])
    try Files.write(own.certificate, to: certificatePath)
    try Files.write(own.key, to: keyPath, mode: 0o600)
  }

  func remove() { try? Files.removeTree(directory) }
}
