import GRPCCore
import KubeAPI
import Logging

/// Sees to it that an image is there before its container is made.
actor ImagePuller {
  /// Why a container waits for its image, in the words of its status.
  struct Failure: Error, Sendable {
    var reason: String
    var message: String
    /// Seconds until it is worth trying again.
    var retry: Double
  }

  private let client: RuntimeClient
  private let importer: ImageImporter?
  private var backoff = PullBackoff()
  private var lastErrors: [String: String] = [:]

  init(client: RuntimeClient, importer: ImageImporter?) {
    self.client = client
    self.importer = importer
  }

  typealias Event = @Sendable (_ isWarning: Bool, _ reason: String, _ message: String) -> Void

  /// - Returns: the image as the runtime knows it.
  /// - Throws: ``Failure``
  func ensure(
    _ container: Container, secrets: [CRIAuthConfig], sandbox: CRIPodSandboxConfig, event: Event
  ) async throws -> CRIImage {
    let name = container.image ?? ""
    if let problem = ImageReference.problem(name) {
      let message = "Failed to apply default image tag \"\(name)\": couldn't parse image name \"\(name)\": \(problem)"
      event(true, "InspectFailed", message)
      throw Failure(reason: "InvalidImageName", message: message, retry: 60)
    }
    let policy = container.imagePullPolicy ?? (ImageReference.isLatest(name) ? "Always" : "IfNotPresent")
    let canonical = ImageReference.canonical(name)
    var present = try await client.imageStatus(canonical)
    if present == nil, let importer {
      // It may lie in the folder, or be on its way in.
      await importer.scan()
      present = try await client.imageStatus(canonical)
    }
    if let present, policy != "Always" || canonical.hasPrefix("skiff.local/") {
      event(false, "Pulled", "Container image \"\(name)\" already present on machine and can be accessed by the pod")
      return present
    }
    if policy == "Never" {
      let message = "Container image \"\(name)\" is not present with pull policy of Never"
      event(true, "ErrImageNeverPull", message)
      throw Failure(reason: "ErrImageNeverPull", message: message, retry: 30)
    }
    let now = Double(MicroTime.now().microseconds) / 1e6
    if let until = backoff.blocked(canonical, now: now) {
      event(false, "BackOff", "Back-off pulling image \"\(name)\"")
      let cause = lastErrors[canonical].map { ": ErrImagePull: \($0)" } ?? ""
      throw Failure(
        reason: "ImagePullBackOff", message: "Back-off pulling image \"\(name)\"\(cause)", retry: until - now)
    }
    event(false, "Pulling", "Pulling image \"\(name)\"")
    let clock = ContinuousClock()
    let start = clock.now
    do {
      _ = try await pull(canonical, secrets, sandbox)
      guard let image = try await client.imageStatus(canonical) else {
        throw KubeletError("the runtime pulled \(name), but does not list it")
      }
      backoff.succeeded(canonical)
      lastErrors[canonical] = nil
      let took = (clock.now - start).components
      event(
        false, "Pulled",
        "Successfully pulled image \"\(name)\" in \(took.seconds).\(took.attoseconds / 100_000_000_000_000_000)s. Image size: \(image.size) bytes."
      )
      return image
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      // With the policy Always an image that came from the folder serves where its registry cannot be reached.
      let text = Self.text(of: error)
      if let present, await importer?.holds(canonical) == true {
        event(
          false, "Pulled", "Container image \"\(name)\" is present from an archive; its registry was not asked: \(text)"
        )
        return present
      }
      backoff.failed(canonical, now: now)
      lastErrors[canonical] = text
      event(true, "Failed", "Failed to pull image \"\(name)\": \(text)")
      event(true, "Failed", "Error: ErrImagePull")
      let retry = (backoff.blocked(canonical, now: now) ?? now) - now
      throw Failure(reason: "ErrImagePull", message: text, retry: min(retry, 2))
    }
  }

  private func pull(_ name: String, _ secrets: [CRIAuthConfig], _ sandbox: CRIPodSandboxConfig) async throws -> String {
    var last: (any Error)?
    for secret in secrets {
      do { return try await client.pullImage(name, auth: secret, sandbox: sandbox) } catch { last = error }
    }
    if let last, !secrets.isEmpty { throw last }
    return try await client.pullImage(name, auth: nil, sandbox: sandbox)
  }

  /// What went wrong, in the runtime's words.
  static func text(of error: any Error) -> String {
    guard let error = error as? RPCError else { return "\(error)" }
    return "rpc error: code = \(String(describing: error.code)) desc = \(error.message)"
  }
}
