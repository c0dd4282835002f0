// SPDX-License-Identifier: Apache-2.0
// Namespaces, priority classes, the service of the API.
#include "apiserver/bootstrap/objects.h"

namespace knarr::apiserver {

const std::string_view kNamespaces = R"(
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-public}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-node-lease}
---
apiVersion: v1
kind: Namespace
metadata: {name: default}
)";

const std::string_view kPriorityClasses = R"(
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: system-node-critical}
value: 2000001000
description: Used for system critical pods that must not be moved from their current node.
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: system-cluster-critical}
value: 2000000000
description: Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.
)";

const std::string_view kServiceObjects = R"(
apiVersion: networking.k8s.io/v1
kind: ServiceCIDR
metadata: {{name: kubernetes}}
spec: {{cidrs: ["{cidr}"]}}
---
apiVersion: v1
kind: Service
metadata:
  name: kubernetes
  namespace: default
  labels: {{component: apiserver, provider: kubernetes}}
spec:
  type: ClusterIP
  clusterIP: {service_ip}
  ports:
  - {{name: https, port: 443, protocol: TCP, targetPort: {port}}}
)";

const std::string_view kEndpointObjects = R"(
apiVersion: v1
kind: Endpoints
metadata:
  name: kubernetes
  namespace: default
  labels: {{endpointslice.kubernetes.io/skip-mirror: "true"}}
subsets:
- addresses: [{{ip: "{address}"}}]
  ports:
  - {{name: https, port: {port}, protocol: TCP}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: kubernetes
  namespace: default
  labels: {{kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints:
- addresses: ["{address}"]
  conditions: {{ready: true}}
ports:
- {{name: https, port: {port}, protocol: TCP}}
)";

}  // namespace knarr::apiserver
