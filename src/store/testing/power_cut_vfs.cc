// SPDX-License-Identifier: Apache-2.0
// The VFS's functions, and what a cut leaves behind.
#include "store/testing/power_cut_vfs.h"

#include "base/check.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

namespace knarr::store {

struct PowerCutDisk::File {
  std::string name;
  std::string content;  // As the running system sees it.
  std::string durable;
  // Since the last sync: every content a sector had, and every size.
  std::map<std::size_t, std::vector<std::string>> sectors;
  std::vector<std::size_t> sizes;
  std::set<std::size_t> forgotten;  // Sectors that a failed sync left in memory alone.

  std::vector<std::unique_ptr<std::array<char, 32768>>> shared_memory;
  int attached = 0;  // Handles that have the shared memory.
  std::array<int, SQLITE_SHM_NLOCK> shared_locks{};
  std::array<const Handle*, SQLITE_SHM_NLOCK> exclusive_locks{};

  void write(std::string_view data, std::size_t offset);
  void truncate(std::size_t size);
  void sync();
  void fail_sync();
  void lose(Rng& rng);
};

struct PowerCutDisk::Handle {
  sqlite3_file base;
  PowerCutDisk* disk;
  std::shared_ptr<File>* file;
  unsigned shared_mask;
  unsigned exclusive_mask;
  bool attached;
};

void PowerCutDisk::File::write(std::string_view data, std::size_t offset) {
  if (offset + data.size() > content.size()) {
    content.resize(offset + data.size());
    sizes.push_back(content.size());
  }
  std::memcpy(content.data() + offset, data.data(), data.size());
  for (std::size_t s = offset / kSectorBytes; s <= (offset + data.size() - 1) / kSectorBytes; ++s) {
    std::string sector = content.substr(s * kSectorBytes, kSectorBytes);
    sector.resize(kSectorBytes);
    sectors[s].push_back(std::move(sector));
    forgotten.erase(s);
  }
}

void PowerCutDisk::File::truncate(std::size_t size) {
  content.resize(size);
  const std::size_t kept = (size + kSectorBytes - 1) / kSectorBytes;
  std::erase_if(forgotten, [&](std::size_t sector) { return sector >= kept; });
  sizes.push_back(size);
}

void PowerCutDisk::File::sync() {
  durable.resize(content.size());
  for (const auto& [sector, versions] : sectors) {
    const std::size_t offset = sector * kSectorBytes;
    if (offset >= durable.size() || forgotten.contains(sector)) continue;
    std::memcpy(durable.data() + offset, content.data() + offset,
                std::min(kSectorBytes, durable.size() - offset));
  }
  std::erase_if(sectors, [&](const auto& entry) { return !forgotten.contains(entry.first); });
  sizes.clear();
}

void PowerCutDisk::File::fail_sync() {
  for (const auto& [sector, versions] : sectors) forgotten.insert(sector);
}

void PowerCutDisk::File::lose(Rng& rng) {
  if (!sizes.empty()) {
    const std::size_t choice = rng.below(sizes.size() + 1);
    if (choice > 0) durable.resize(sizes[choice - 1]);
  }
  for (auto& [sector, versions] : sectors) {
    const std::size_t choice = rng.below(versions.size() + 1);
    const std::size_t offset = sector * kSectorBytes;
    if (choice == 0 || offset >= durable.size()) continue;
    const std::size_t amount = std::min(kSectorBytes, durable.size() - offset);
    std::memcpy(durable.data() + offset, versions[choice - 1].data(), amount);
  }
  content = durable;
  sectors.clear();
  sizes.clear();
  forgotten.clear();
  shared_memory.clear();
  attached = 0;
  shared_locks = {};
  exclusive_locks = {};
}

struct PowerCutDisk::Functions {
  static Handle* handle(sqlite3_file* file) { return reinterpret_cast<Handle*>(file); }
  static PowerCutDisk* disk(sqlite3_vfs* vfs) { return static_cast<PowerCutDisk*>(vfs->pAppData); }

  // ---- the file system

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* out, int flags,
                  int* out_flags) {
    PowerCutDisk* self = disk(vfs);
    std::lock_guard lock(self->mutex_);
    Handle* h = handle(out);
    h->base.pMethods = nullptr;
    std::string key = name == nullptr ? fmt::format("temporary-{}", self->operations_) : name;
    auto found = self->files_.find(key);
    if (found == self->files_.end()) {
      if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
      if (!self->change()) return SQLITE_IOERR;
      auto file = std::make_shared<File>();
      file->name = key;
      found = self->files_.emplace(std::move(key), std::move(file)).first;
    }
    h->disk = self;
    h->file = new std::shared_ptr<File>(found->second);
    h->shared_mask = 0;
    h->exclusive_mask = 0;
    h->attached = false;
    h->base.pMethods = &kMethods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    PowerCutDisk* self = disk(vfs);
    std::lock_guard lock(self->mutex_);
    const auto found = self->files_.find(name);
    if (found == self->files_.end()) return SQLITE_IOERR_DELETE_NOENT;
    if (!self->change()) return SQLITE_IOERR_DELETE;
    self->files_.erase(found);
    if (sync_folder != 0 && !self->ignoring_) self->on_disk_ = self->files_;
    return SQLITE_OK;
  }

  static int access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
    PowerCutDisk* self = disk(vfs);
    std::lock_guard lock(self->mutex_);
    *result = self->files_.contains(name) ? 1 : 0;
    return SQLITE_OK;
  }

  static int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  }
  static int randomness(sqlite3_vfs* vfs, int size, char* out) {
    std::memset(out, 7, static_cast<std::size_t>(size));
    return size;
  }
  static int sleep(sqlite3_vfs* vfs, int micros) { return micros; }
  static int time(sqlite3_vfs* vfs, double* out) { return *out = 2461041.5, SQLITE_OK; }
  static int time_millis(sqlite3_vfs* vfs, sqlite3_int64* out) {
    return *out = 212633985600000, SQLITE_OK;
  }
  static int last_error(sqlite3_vfs* vfs, int size, char* out) { return 0; }

  // ---- a file

  static int close(sqlite3_file* file) {
    Handle* h = handle(file);
    std::lock_guard lock(h->disk->mutex_);
    delete h->file;
    h->base.pMethods = nullptr;
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* out, int amount, sqlite3_int64 offset) {
    Handle* h = handle(file);
    std::lock_guard lock(h->disk->mutex_);
    if (h->disk->cut_) return SQLITE_IOERR_READ;
    const std::string& content = (*h->file)->content;
    const auto from = std::min(static_cast<std::size_t>(offset), content.size());
    const std::size_t size = std::min(static_cast<std::size_t>(amount), content.size() - from);
    std::memcpy(out, content.data() + from, size);
    if (size == static_cast<std::size_t>(amount)) return SQLITE_OK;
    std::memset(static_cast<char*>(out) + size, 0, static_cast<std::size_t>(amount) - size);
    return SQLITE_IOERR_SHORT_READ;
  }

  static int write(sqlite3_file* file, const void* data, int amount, sqlite3_int64 offset) {
    Handle* h = handle(file);
    std::lock_guard lock(h->disk->mutex_);
    if (h->disk->cut_) return SQLITE_IOERR_WRITE;
    const bool powered = h->disk->change();
    // The write during which the power goes may leave any of its sectors.
    (*h->file)->write({static_cast<const char*>(data), static_cast<std::size_t>(amount)},
                      static_cast<std::size_t>(offset));
    return powered ? SQLITE_OK : SQLITE_IOERR_WRITE;
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Handle* h = handle(file);
    std::lock_guard lock(h->disk->mutex_);
    if (!h->disk->change()) return SQLITE_IOERR_TRUNCATE;
    (*h->file)->truncate(static_cast<std::size_t>(size));
    return SQLITE_OK;
  }

  static int sync(sqlite3_file* file, int flags) {
    Handle* h = handle(file);
    std::lock_guard lock(h->disk->mutex_);
    if (!h->disk->change()) return SQLITE_IOERR_FSYNC;
    if (h->disk->ignoring_ && (*h->file)->name.ends_with(h->disk->ignored_suffix_))
      return SQLITE_OK;
    if (h->disk->syncs_until_failure_ > 0 && --h->disk->syncs_until_failure_ == 0) {
      (*h->file)->fail_sync();
      return SQLITE_IOERR_FSYNC;
    }
    (*h->file)->sync();
    h->disk->on_disk_ = h->disk->files_;
    return SQLITE_OK;
  }

  static int size(sqlite3_file* file, sqlite3_int64* out) {
    Handle* h = handle(file);
    std::lock_guard lock(h->disk->mutex_);
    *out = static_cast<sqlite3_int64>((*h->file)->content.size());
    return SQLITE_OK;
  }

  static int no_lock(sqlite3_file* file, int level) { return SQLITE_OK; }
  static int no_reserved_lock(sqlite3_file* file, int* out) { return *out = 0, SQLITE_OK; }
  static int control(sqlite3_file* file, int operation, void* argument) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file* file) { return 4096; }
  static int characteristics(sqlite3_file* file) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  // ---- shared memory of the write-ahead log

  static int shm_map(sqlite3_file* file, int region, int size, int extend, volatile void** out) {
    Handle* h = handle(file);
    std::lock_guard lock(h->disk->mutex_);
    auto& regions = (*h->file)->shared_memory;
    *out = nullptr;
    if (!std::exchange(h->attached, true)) {
      // The first to come finds it empty, as in SQLite's own VFS, and reads the log anew.
      if ((*h->file)->attached++ == 0) regions.clear();
    }
    CHECK(size == 32768);
    if (regions.size() <= static_cast<std::size_t>(region)) {
      if (extend == 0) return SQLITE_OK;
      while (regions.size() <= static_cast<std::size_t>(region)) {
        regions.push_back(std::make_unique<std::array<char, 32768>>());
      }
    }
    *out = regions[static_cast<std::size_t>(region)]->data();
    return SQLITE_OK;
  }

  static int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    Handle* h = handle(file);
    std::lock_guard lock(h->disk->mutex_);
    File& f = **h->file;
    for (int slot = offset; slot < offset + count; ++slot) {
      if ((flags & SQLITE_SHM_LOCK) != 0 && !may_lock(f, h, slot, flags)) return SQLITE_BUSY;
    }
    for (int slot = offset; slot < offset + count; ++slot) {
      const unsigned bit = 1U << static_cast<unsigned>(slot);
      const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
      unsigned& mask = exclusive ? h->exclusive_mask : h->shared_mask;
      const bool lock_it = (flags & SQLITE_SHM_LOCK) != 0;
      if (lock_it == ((mask & bit) != 0)) continue;
      mask ^= bit;
      if (exclusive) {
        f.exclusive_locks[slot] = lock_it ? h : nullptr;
      } else {
        f.shared_locks[slot] += lock_it ? 1 : -1;
      }
    }
    return SQLITE_OK;
  }

  static bool may_lock(const File& f, const Handle* h, int slot, int flags) {
    if (f.exclusive_locks[slot] != nullptr && f.exclusive_locks[slot] != h) return false;
    if ((flags & SQLITE_SHM_EXCLUSIVE) == 0) return true;
    const int mine = (h->shared_mask >> static_cast<unsigned>(slot)) & 1U;
    return f.shared_locks[slot] == mine;
  }

  static void shm_barrier(sqlite3_file* file) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  static int shm_unmap(sqlite3_file* file, int remove) {
    Handle* h = handle(file);
    for (int slot = 0; slot < SQLITE_SHM_NLOCK; ++slot) {
      shm_lock(file, slot, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
      shm_lock(file, slot, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    }
    std::lock_guard lock(h->disk->mutex_);
    if (std::exchange(h->attached, false)) --(*h->file)->attached;
    if (remove != 0) (*h->file)->shared_memory.clear();
    return SQLITE_OK;
  }

  static constexpr sqlite3_io_methods kMethods{2,
                                               close,
                                               read,
                                               write,
                                               truncate,
                                               sync,
                                               size,
                                               no_lock,
                                               no_lock,
                                               no_reserved_lock,
                                               control,
                                               sector_size,
                                               characteristics,
                                               shm_map,
                                               shm_lock,
                                               shm_barrier,
                                               shm_unmap,
                                               nullptr,
                                               nullptr};
};

struct PowerCutDisk::Registration {
  sqlite3_vfs vfs{};
};

PowerCutDisk::PowerCutDisk() : registration_(std::make_unique<Registration>()) {
  static std::atomic<int> count = 0;
  name_ = fmt::format("power-cut-{}", ++count);
  sqlite3_vfs& vfs = registration_->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = sizeof(Handle);
  vfs.mxPathname = 200;
  vfs.zName = name_.c_str();
  vfs.pAppData = this;
  vfs.xOpen = Functions::open;
  vfs.xDelete = Functions::remove;
  vfs.xAccess = Functions::access;
  vfs.xFullPathname = Functions::full_path;
  vfs.xRandomness = Functions::randomness;
  vfs.xSleep = Functions::sleep;
  vfs.xCurrentTime = Functions::time;
  vfs.xCurrentTimeInt64 = Functions::time_millis;
  vfs.xGetLastError = Functions::last_error;
  CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

PowerCutDisk::~PowerCutDisk() {
  sqlite3_vfs_unregister(&registration_->vfs);
}

void PowerCutDisk::cut_after(std::uint64_t operations) {
  std::lock_guard lock(mutex_);
  cut_at_ = operations_ + operations;
}

void PowerCutDisk::fail_sync_after(std::uint64_t syncs) {
  std::lock_guard lock(mutex_);
  syncs_until_failure_ = syncs;
}

bool PowerCutDisk::is_cut() const {
  std::lock_guard lock(mutex_);
  return cut_;
}

std::uint64_t PowerCutDisk::operations() const {
  std::lock_guard lock(mutex_);
  return operations_;
}

bool PowerCutDisk::change() {
  if (cut_) return false;
  ++operations_;
  cut_ = operations_ >= cut_at_;
  return !cut_;
}

void PowerCutDisk::restore_power(Rng& rng) {
  std::lock_guard lock(mutex_);
  std::map<std::string, std::shared_ptr<File>> left;
  for (const auto& names : {on_disk_, files_}) {
    for (const auto& [name, file] : names) {
      const auto durable = on_disk_.find(name);
      const auto running = files_.find(name);
      const bool settled = durable != on_disk_.end() && running != files_.end() &&
                           durable->second == running->second;
      if (settled || rng.below(2) == 0) left[name] = file;
    }
  }
  for (const auto& [name, file] : left) file->lose(rng);
  files_ = left;
  on_disk_ = std::move(left);
  cut_ = false;
  cut_at_ = UINT64_MAX;
  syncs_until_failure_ = 0;
}

}  // namespace knarr::store
