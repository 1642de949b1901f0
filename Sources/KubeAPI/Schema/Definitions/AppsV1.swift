extension Schema {
  /// The messages of `apps.v1`, in the format that the README of this module describes.
  static let appsV1 = #"""
    package apps.v1

    message Deployment
      metadata 1 meta.ObjectMeta
      spec 2 DeploymentSpec
      status 3 DeploymentStatus

    message DeploymentCondition
      type 1 string required
      status 2 string required
      lastUpdateTime 6 Time
      lastTransitionTime 7 Time
      reason 4 string
      message 5 string

    message DeploymentList
      metadata 1 meta.ListMeta
      items 2 [Deployment] required

    message DeploymentSpec
      replicas 1 int32 default=1
      selector 2 meta.LabelSelector required
      template 3 core.PodTemplateSpec required
      strategy 4 DeploymentStrategy patch=retainKeys default={}
      minReadySeconds 5 int32
      revisionHistoryLimit 6 int32 default=10
      paused 7 bool
      progressDeadlineSeconds 9 int32 default=600

    message DeploymentStatus
      observedGeneration 1 int64
      replicas 2 int32
      updatedReplicas 3 int32
      readyReplicas 7 int32
      availableReplicas 4 int32
      unavailableReplicas 5 int32
      terminatingReplicas 9 int32
      conditions 6 [DeploymentCondition] list=map:type patch=merge:type
      collisionCount 8 int32

    message DeploymentStrategy
      type 1 string default="RollingUpdate"
      rollingUpdate 2 RollingUpdateDeployment

    message ReplicaSet
      metadata 1 meta.ObjectMeta
      spec 2 ReplicaSetSpec
      status 3 ReplicaSetStatus

    message ReplicaSetCondition
      type 1 string required
      status 2 string required
      lastTransitionTime 3 Time
      reason 4 string
      message 5 string

    message ReplicaSetList
      metadata 1 meta.ListMeta
      items 2 [ReplicaSet] required

    message ReplicaSetSpec
      replicas 1 int32 default=1
      minReadySeconds 4 int32
      selector 2 meta.LabelSelector required
      template 3 core.PodTemplateSpec

    message ReplicaSetStatus
      replicas 1 int32 required
      fullyLabeledReplicas 2 int32
      readyReplicas 4 int32
      availableReplicas 5 int32
      terminatingReplicas 7 int32
      observedGeneration 3 int64
      conditions 6 [ReplicaSetCondition] list=map:type patch=merge:type

    message RollingUpdateDeployment
      maxUnavailable 1 IntOrString
      maxSurge 2 IntOrString
    """#
}
