// SPDX-License-Identifier: Apache-2.0
// Four collections, one for each kind the graph is built from.
#include "apiserver/node_source.h"

namespace knarr::apiserver {

namespace {

struct Source {
  auth::NodeObject kind;
  std::string_view group;
  std::string_view resource;
};

constexpr Source kSources[] = {
    {auth::NodeObject::Pod, "", "pods"},
    {auth::NodeObject::PersistentVolume, "", "persistentvolumes"},
    {auth::NodeObject::VolumeAttachment, "storage.k8s.io", "volumeattachments"},
    {auth::NodeObject::ResourceSlice, "resource.k8s.io", "resourceslices"}};

std::vector<Collection*> collections(const Registry& registry) {
  std::vector<Collection*> list;
  for (const Source& source : kSources) {
    list.push_back(registry.find_stored(source.group, source.resource));
  }
  return list;
}

}  // namespace

CacheNodeSource::CacheNodeSource(Registry& registry, auth::NodeReferences& references,
                                 Executor& strand)
    : references_(references), follower_(collections(registry), *this, strand) {}

void CacheNodeSource::start() {
  follower_.tell_all();
  follower_.start();
}

void CacheNodeSource::object_changed(std::size_t index, const object::Document& object) {
  references_.changed(kSources[index].kind, object.root());
}

void CacheNodeSource::object_removed(std::size_t index, const object::Document& last) {
  references_.removed(kSources[index].kind, object::namespace_of(last.root()),
                      object::name_of(last.root()));
}

}  // namespace knarr::apiserver
