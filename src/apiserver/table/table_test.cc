// SPDX-License-Identifier: Apache-2.0
// Tables as kubectl gets them: ages, cells of each kind of resource, headers, what rows hold.
#include "apiserver/table/table.h"

#include "apiserver/table/cells.h"
#include "codec/typed.h"
#include "object/time_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace knarr::apiserver {
namespace {

using object::Document;

constexpr std::string_view kNow = "2026-01-02T03:04:05Z";

// JSON writes < and > as escapes.
std::string readable(std::string text) {
  for (const auto& [escape, sign] : {std::pair{"\\u003c", "<"}, {"\\u003e", ">"}}) {
    for (std::size_t at = text.find(escape); at != std::string::npos; at = text.find(escape)) {
      text.replace(at, 6, sign);
    }
  }
  return text;
}

struct Shown {
  explicit Shown(std::string_view group, std::string_view version, std::string_view plural) {
    served.row = api::find_resource(group, version, plural);
    CHECK(served.row != nullptr);
    served.type = served.row->type();
    served.api_version = served.row->api_version();
    collection.type = served.row->stored_type();
    served.collection = &collection;
  }

  [[nodiscard]] Document read(std::string_view json) const {
    object::Draft draft = MUST(codec::parse_json(json));
    MUST(codec::decode_typed(draft.root(), served.type));
    draft.root().erase("kind");
    draft.root().erase("apiVersion");
    return codec::freeze_typed(draft, served.type);
  }

  [[nodiscard]] std::string table(std::string_view json, TableOptions options = {}) const {
    options.now = MUST(object::parse_time(kNow));
    std::string out;
    const Document item = read(json);
    write_table(out, served, options, std::span(&item, 1), {7, "next", 3});
    return readable(std::move(out));
  }

  // The cells of the one row.
  [[nodiscard]] std::string cells(std::string_view json) const {
    TableOptions options;
    options.include = TableOptions::Include::None;
    const std::string text = table(json, options);
    const std::size_t start = text.find("\"cells\":") + 8;
    return text.substr(start, text.find(",\"object\":") - start);
  }

  Collection collection;
  Served served;
};

TEST(Table, AgesAreShortAndExactWhereItMatters) {
  using namespace std::chrono_literals;
  const std::pair<std::chrono::seconds, std::string_view> cases[] = {
      {-5s, "<invalid>"}, {-1s, "0s"}, {0s, "0s"}, {119s, "119s"}, {120s, "2m"}, {125s, "2m5s"},
      {599s, "9m59s"}, {600s, "10m"}, {179min, "179m"}, {180min, "3h"}, {7h + 59min, "7h59m"},
      {8h + 1min, "8h"}, {47h, "47h"}, {48h, "2d"}, {49h, "2d1h"}, {24h * 8, "8d"},
      {24h * 729, "729d"}, {24h * 730, "2y"}, {24h * 731, "2y1d"}, {24h * 365 * 8, "8y"}};
  for (const auto& [duration, text] : cases) EXPECT_EQ(cells::duration_text(duration), text);
}

TEST(Table, HasHeadersMetadataAndPartialObjects) {
  const Shown shown("", "v1", "configmaps");
  const std::string text = shown.table(
      R"({"metadata":{"name":"a","namespace":"n","creationTimestamp":"2026-01-02T03:03:05Z"},"data":{"x":"1"}})");
  EXPECT_TRUE(text.starts_with(
      R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"7","continue":"next","remainingItemCount":3},"columnDefinitions":[{"name":"Name","type":"string","format":"name","description":")"))
      << text;
  EXPECT_TRUE(text.ends_with(
      R"("rows":[{"cells":["a",1,"60s"],"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a","namespace":"n","creationTimestamp":"2026-01-02T03:03:05Z"}}}]})"
      "\n"))
      << text;
}

TEST(Table, SendsHeadersOnceAndObjectsAsAsked) {
  const Shown shown("", "v1", "configmaps");
  TableOptions options;
  options.headers = false;
  options.version = "v1beta1";
  options.include = TableOptions::Include::Object;
  EXPECT_EQ(shown.table(R"({"metadata":{"name":"a"},"data":{"x":"1"}})", options),
            R"({"kind":"Table","apiVersion":"meta.k8s.io/v1beta1","metadata":{"resourceVersion":"7",)"
            R"("continue":"next","remainingItemCount":3},"columnDefinitions":null,"rows":[{"cells":)"
            R"(["a",1,"<unknown>"],"object":{"kind":"ConfigMap","apiVersion":"v1","metadata":)"
            R"({"name":"a"},"data":{"x":"1"}}}]})"
            "\n");
  EXPECT_FALSE(parse_include("Bogus").has_value());
}

TEST(Table, MarksFinishedPods) {
  const Shown shown("", "v1", "pods");
  const std::string text = shown.table(R"({"metadata":{"name":"a"},"status":{"phase":"Succeeded"}})");
  EXPECT_NE(text.find(R"("conditions":[{"type":"Completed","status":"True","reason":"Succeeded",)"
                      R"("message":"The pod has completed successfully."}],"object")"),
            std::string::npos);
}

struct Case {
  std::string_view group;
  std::string_view version;
  std::string_view plural;
  std::string_view json;
  std::string_view cells;
};

constexpr Case kCases[] = {
    {"", "v1", "pods",
     R"x({"metadata":{"name":"p","creationTimestamp":"2026-01-01T03:04:05Z"},"spec":{"nodeName":"n1","containers":[{"name":"a"},{"name":"b"}]},
         "status":{"phase":"Running","podIPs":[{"ip":"10.0.0.1"}],"conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[
          {"name":"a","ready":true,"restartCount":0,"state":{"running":{}}},
          {"name":"b","restartCount":4,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1,"finishedAt":"2026-01-02T03:02:05Z"}}}]}})x",
     R"x(["p","1/2","CrashLoopBackOff","4 (2m ago)","24h","10.0.0.1","n1","<none>","<none>"])x"},
    {"", "v1", "pods",
     R"x({"metadata":{"name":"p"},"spec":{"initContainers":[{"name":"i"},{"name":"j"}],"containers":[{"name":"a"}],"readinessGates":[{"conditionType":"x"}]},
         "status":{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":1,"state":{"terminated":{"exitCode":0}}},{"name":"j","state":{"running":{}}}]}})x",
     R"x(["p","0/1","Init:1/2","1","<unknown>","<none>","<none>","<none>","0/1"])x"},
    {"", "v1", "pods",
     R"x({"metadata":{"name":"p","deletionTimestamp":"2026-01-02T03:04:05Z"},"spec":{"containers":[{"name":"a"}]},
         "status":{"phase":"Running","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":137,"signal":9}}}]}})x",
     R"x(["p","0/1","Terminating","0","<unknown>","<none>","<none>","<none>","<none>"])x"},
    {"apps", "v1", "deployments",
     R"x({"metadata":{"name":"d"},"spec":{"replicas":3,"selector":{"matchLabels":{"app":"x"}},"template":{"spec":{"containers":[{"name":"a","image":"i:1"},{"name":"b","image":"i:2"}]}}},
         "status":{"readyReplicas":1,"updatedReplicas":2}})x",
     R"x(["d","1/3",2,0,"<unknown>","a,b","i:1,i:2","app=x"])x"},
    {"batch", "v1", "cronjobs",
     R"x({"metadata":{"name":"c"},"spec":{"schedule":"@daily","suspend":false,"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"i"}]}}}}}})x",
     R"x(["c","@daily","<none>","False",0,"<none>","<unknown>","a","i","<none>"])x"},
    {"batch", "v1", "jobs",
     R"x({"metadata":{"name":"j"},"spec":{"parallelism":2,"selector":{"matchLabels":{"j":"1"}},"template":{"spec":{"containers":[{"name":"a","image":"i"}]}}},
         "status":{"startTime":"2026-01-02T03:03:05Z","completionTime":"2026-01-02T03:03:35Z","conditions":[{"type":"Complete","status":"True"}]}})x",
     R"x(["j","Complete","0/1 of 2","30s","<unknown>","a","i","j=1"])x"},
    {"", "v1", "services",
     R"x({"metadata":{"name":"s"},"spec":{"type":"LoadBalancer","clusterIPs":["10.43.0.9"],"ports":[{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}],"externalIPs":["9.9.9.9"]},
         "status":{"loadBalancer":{"ingress":[{"ip":"2.2.2.2"},{"hostname":"a.b"},{"ip":"2.2.2.2"}]}}})x",
     R"x(["s","LoadBalancer","10.43.0.9","2.2.2.2,a.b,9.9.9.9","80:30080/TCP,53/UDP","<unknown>","<none>"])x"},
    {"", "v1", "endpoints",
     R"x({"metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"1.1.1.1"},{"ip":"fd00::1"}],"ports":[{"port":1},{"port":2}]}]})x",
     R"x(["e","1.1.1.1:1,[fd00::1]:1,1.1.1.1:2 + 1 more...","<unknown>"])x"},
    {"", "v1", "nodes",
     R"x({"metadata":{"name":"n","labels":{"node-role.kubernetes.io/worker":"","node-role.kubernetes.io/control-plane":"","kubernetes.io/role":"x"}},"spec":{"unschedulable":true},
         "status":{"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"1.2.3.4"}],"nodeInfo":{"kubeletVersion":"v1.36.3","kernelVersion":"6.1","architecture":"amd64"}}})x",
     R"x(["n","Ready,SchedulingDisabled","control-plane,worker,x","<unknown>","v1.36.3","1.2.3.4","<none>","<unknown>","6.1 (amd64)","<unknown>"])x"},
    {"", "v1", "persistentvolumeclaims",
     R"x({"metadata":{"name":"c"},"spec":{"volumeName":"v","storageClassName":"fast","volumeMode":"Filesystem"},"status":{"phase":"Bound","accessModes":["ReadWriteMany","ReadWriteOnce"],"capacity":{"storage":"1Gi"}}})x",
     R"x(["c","Bound","v","1Gi","RWO,RWX","fast","<unset>","<unknown>","Filesystem"])x"},
    {"", "v1", "resourcequotas",
     R"x({"metadata":{"name":"q"},"status":{"hard":{"pods":"2","limits.cpu":"4","cpu":"1"},"used":{"pods":"1","cpu":"500m"}}})x",
     R"x(["q","cpu: 500m/1, pods: 1/2","limits.cpu: 0/4","<unknown>"])x"},
    {"", "v1", "events",
     R"x({"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"p"},"type":"Normal","reason":"R","message":" m\n","source":{"component":"c","host":"h"},"firstTimestamp":"2026-01-02T03:03:05Z"})x",
     R"x(["60s","Normal","R","pod/p","","c, h","m","60s",1,"e"])x"},
    {"events.k8s.io", "v1", "events",
     R"x({"metadata":{"name":"e"},"regarding":{"kind":"Pod","name":"p"},"type":"Normal","reason":"R","note":"m","reportingController":"c","reportingInstance":"i","eventTime":"2026-01-02T03:03:05.000000Z"})x",
     R"x(["60s","Normal","R","pod/p","","c, i","m","60s",1,"e"])x"},
    {"autoscaling", "v1", "horizontalpodautoscalers",
     R"x({"metadata":{"name":"h"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"d"},"maxReplicas":5,"targetCPUUtilizationPercentage":80}})x",
     R"x(["h","Deployment/d","cpu: <unknown>/80%","<unset>",5,0,"<unknown>"])x"},
    {"networking.k8s.io", "v1", "ingresses",
     R"x({"metadata":{"name":"i"},"spec":{"ingressClassName":"k","tls":[{}],"rules":[{"host":"a"},{"host":"b"},{"host":"c"},{"host":"d"}]}})x",
     R"x(["i","k","a,b,c + 1 more...","","80, 443","<unknown>"])x"},
    {"rbac.authorization.k8s.io", "v1", "roles",
     R"x({"metadata":{"name":"r","creationTimestamp":"2026-01-01T03:04:05Z"}})x", R"x(["r","2026-01-01T03:04:05Z"])x"},
    {"storage.k8s.io", "v1", "csidrivers", R"x({"metadata":{"name":"d"},"spec":{}})x",
     R"x(["d",true,false,false,"<unset>",false,"<none>","<unknown>"])x"},
};

TEST(Table, CellsSayWhatKubectlShows) {
  for (const Case& one : kCases) {
    const Shown shown(one.group, one.version, one.plural);
    EXPECT_EQ(shown.cells(one.json), one.cells) << one.plural;
  }
}

TEST(Table, EveryHookOfTheApiDescriptionIsThere) {
  for (const api::ResourceRow& row : api::resources()) {
    for (const api::ColumnRow& column : row.columns()) {
      if (column.cell != api::CellKind::Hook) continue;
      EXPECT_NE(cells::find_hook(row.text(column.argument)), nullptr) << row.text(column.argument);
    }
  }
}

}  // namespace
}  // namespace knarr::apiserver
