import GRPCCore
import KubeAPI
import KubeClient
import Logging

extension PodWorker {
  /// Ends the pod: containers, sandbox, volumes, cgroups, and at last the object.
  ///
  /// It is done in steps that may be done again: where one fails, or the kubelet is killed in between, the next call begins
  /// with what is left.
  func end() async {
    do {
      runtime = try await RuntimePod.read(uid, known: runtime, from: context.runtime)
      followProbes()
      publish(plan: nil)
      let grace = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
      await stopAll(grace: grace)
      if Task.isCancelled { return }
      runtime = try await RuntimePod.read(uid, known: runtime, from: context.runtime)
      guard runtime.running.isEmpty, !runtime.sandboxes.contains(where: \.isReady) else {
        throw KubeletError("something of the pod still runs after it was stopped")
      }
      followProbes()
      publish(plan: nil)
      for sandbox in runtime.sandboxes { try await context.runtime.removePodSandbox(sandbox.id) }
      try PodVolumes.tearDown(directories)
      try Files.removeTree(directories.logs)
      await context.objects.release(uid)
      guard context.cgroups.remove(RuntimeConfig.cgroupPath(pod)) else {
        throw KubeletError("a process is left in the pod's cgroup \(RuntimeConfig.cgroupPath(pod))")
      }
      try await deleteObject()
      finish()
    } catch {
      if Task.isCancelled { return }
      logger.warning("cannot end the pod yet", metadata: ["error": "\(ImagePuller.text(of: error))"])
      wake(after: 0.5)
    }
  }

  private func deleteObject() async throws {
    guard !isGone else { return }
    // The last status is there before the object goes, for those who watch.
    if let lastStatus { try await write(lastStatus) }
    let options = DeleteOptions {
      $0.gracePeriodSeconds = 0
      $0.preconditions = Preconditions { $0.uid = uid }
    }
    do {
      try await context.client.delete(Pod.self, key, options: options)
    } catch let error as APIError where error.isNotFound || error.isConflict {
      return
    }
  }
}
