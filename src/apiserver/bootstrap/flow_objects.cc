// SPDX-License-Identifier: Apache-2.0
// The flow schemas and priority levels that Kubernetes 1.36 begins with.
#include "apiserver/bootstrap/objects.h"

namespace knarr::apiserver {

const std::string_view kFlowObjects = R"(
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: exempt, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  type: Exempt
  exempt: {nominalConcurrencyShares: 0, lendablePercent: 0}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: catch-all, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  type: Limited
  limited:
    nominalConcurrencyShares: 5
    lendablePercent: 0
    limitResponse: {type: Reject}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: leader-election, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  type: Limited
  limited:
    nominalConcurrencyShares: 10
    lendablePercent: 0
    limitResponse: {type: Queue, queuing: {queues: 16, handSize: 4, queueLengthLimit: 50}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: node-high, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  type: Limited
  limited:
    nominalConcurrencyShares: 40
    lendablePercent: 25
    limitResponse: {type: Queue, queuing: {queues: 64, handSize: 6, queueLengthLimit: 50}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: system, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  type: Limited
  limited:
    nominalConcurrencyShares: 30
    lendablePercent: 33
    limitResponse: {type: Queue, queuing: {queues: 64, handSize: 6, queueLengthLimit: 50}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: workload-high, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  type: Limited
  limited:
    nominalConcurrencyShares: 40
    lendablePercent: 50
    limitResponse: {type: Queue, queuing: {queues: 128, handSize: 6, queueLengthLimit: 50}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: workload-low, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  type: Limited
  limited:
    nominalConcurrencyShares: 100
    lendablePercent: 90
    limitResponse: {type: Queue, queuing: {queues: 128, handSize: 6, queueLengthLimit: 50}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: global-default, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  type: Limited
  limited:
    nominalConcurrencyShares: 20
    lendablePercent: 50
    limitResponse: {type: Queue, queuing: {queues: 128, handSize: 6, queueLengthLimit: 50}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: exempt, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: exempt}
  matchingPrecedence: 1
  rules:
  - subjects:
    - {kind: Group, group: {name: "system:masters"}}
    resourceRules:
    - {verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"]}
    nonResourceRules:
    - {verbs: ["*"], nonResourceURLs: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: probes, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: exempt}
  matchingPrecedence: 2
  rules:
  - subjects:
    - {kind: Group, group: {name: "system:unauthenticated"}}
    - {kind: Group, group: {name: "system:authenticated"}}
    nonResourceRules:
    - {verbs: [get], nonResourceURLs: ["/healthz", "/readyz", "/livez"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: system-leader-election, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: leader-election}
  matchingPrecedence: 100
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects:
    - {kind: User, user: {name: "system:kube-controller-manager"}}
    - {kind: User, user: {name: "system:kube-scheduler"}}
    - {kind: ServiceAccount, serviceAccount: {namespace: kube-system, name: "*"}}
    resourceRules:
    - {verbs: [get, create, update], apiGroups: [coordination.k8s.io], resources: [leases], namespaces: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: endpoint-controller, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: workload-high}
  matchingPrecedence: 150
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects:
    - {kind: User, user: {name: "system:kube-controller-manager"}}
    - {kind: ServiceAccount, serviceAccount: {namespace: kube-system, name: "endpoint-controller"}}
    - {kind: ServiceAccount, serviceAccount: {namespace: kube-system, name: "endpointslice-controller"}}
    - {kind: ServiceAccount, serviceAccount: {namespace: kube-system, name: "endpointslicemirroring-controller"}}
    resourceRules:
    - {verbs: [get, create, update], apiGroups: [""], resources: [endpoints], namespaces: ["*"]}
    - {verbs: [get, create, update], apiGroups: [discovery.k8s.io], resources: [endpointslices], namespaces: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: workload-leader-election, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: leader-election}
  matchingPrecedence: 200
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects:
    - {kind: ServiceAccount, serviceAccount: {namespace: kube-system, name: "*"}}
    resourceRules:
    - {verbs: [get, create, update], apiGroups: [""], resources: [endpoints, configmaps], namespaces: ["*"]}
    - {verbs: [get, create, update], apiGroups: [coordination.k8s.io], resources: [leases], namespaces: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: system-node-high, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: node-high}
  matchingPrecedence: 400
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects:
    - {kind: Group, group: {name: "system:nodes"}}
    resourceRules:
    - {verbs: ["*"], apiGroups: [""], resources: [nodes, nodes/status], clusterScope: true, namespaces: ["*"]}
    - {verbs: ["*"], apiGroups: [coordination.k8s.io], resources: [leases], namespaces: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: system-nodes, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: system}
  matchingPrecedence: 500
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects:
    - {kind: Group, group: {name: "system:nodes"}}
    resourceRules:
    - {verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"]}
    nonResourceRules:
    - {verbs: ["*"], nonResourceURLs: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: kube-controller-manager, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: workload-high}
  matchingPrecedence: 800
  distinguisherMethod: {type: ByNamespace}
  rules:
  - subjects:
    - {kind: User, user: {name: "system:kube-controller-manager"}}
    resourceRules:
    - {verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"]}
    nonResourceRules:
    - {verbs: ["*"], nonResourceURLs: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: kube-scheduler, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: workload-high}
  matchingPrecedence: 800
  distinguisherMethod: {type: ByNamespace}
  rules:
  - subjects:
    - {kind: User, user: {name: "system:kube-scheduler"}}
    resourceRules:
    - {verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"]}
    nonResourceRules:
    - {verbs: ["*"], nonResourceURLs: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: kube-system-service-accounts, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: workload-high}
  matchingPrecedence: 900
  distinguisherMethod: {type: ByNamespace}
  rules:
  - subjects:
    - {kind: ServiceAccount, serviceAccount: {namespace: kube-system, name: "*"}}
    resourceRules:
    - {verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"]}
    nonResourceRules:
    - {verbs: ["*"], nonResourceURLs: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: service-accounts, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: workload-low}
  matchingPrecedence: 9000
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects:
    - {kind: Group, group: {name: "system:serviceaccounts"}}
    resourceRules:
    - {verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"]}
    nonResourceRules:
    - {verbs: ["*"], nonResourceURLs: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: global-default, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: global-default}
  matchingPrecedence: 9900
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects:
    - {kind: Group, group: {name: "system:unauthenticated"}}
    - {kind: Group, group: {name: "system:authenticated"}}
    resourceRules:
    - {verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"]}
    nonResourceRules:
    - {verbs: ["*"], nonResourceURLs: ["*"]}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: catch-all, annotations: {apf.kubernetes.io/autoupdate-spec: "true"}}
spec:
  priorityLevelConfiguration: {name: catch-all}
  matchingPrecedence: 10000
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects:
    - {kind: Group, group: {name: "system:unauthenticated"}}
    - {kind: Group, group: {name: "system:authenticated"}}
    resourceRules:
    - {verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"]}
    nonResourceRules:
    - {verbs: ["*"], nonResourceURLs: ["*"]}
)";

}  // namespace knarr::apiserver
