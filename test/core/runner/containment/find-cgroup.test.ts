import t from 'tap'
import { findOwnCgroup } from '../../../../core/runner/containment/find-cgroup.ts'

const line = (root: string, mountPoint: string, type = 'cgroup2') =>
  `30 23 0:26 ${root} ${mountPoint} rw,nosuid shared:4 - ${type} cgroup rw,nsdelegate\n`
const OTHER = line('/', '/sys/fs/cgroup/memory', 'cgroup')

t.test('a service’s own cgroup is found below where the unified hierarchy is mounted', async (t) => {
  t.equal(
    findOwnCgroup(OTHER + line('/', '/sys/fs/cgroup'), '0::/system.slice/a.service\n'),
    '/sys/fs/cgroup/system.slice/a.service',
  )
})

t.test('beside version 1 hierarchies the unified one is taken', async (t) => {
  const own = '9:name=systemd:/x\n8:pids:/y\n0::/\n'
  t.equal(findOwnCgroup(OTHER + line('/', '/sys/fs/cgroup/unified'), own), '/sys/fs/cgroup/unified')
})

t.test('a mount of a part of the hierarchy is understood', async (t) => {
  t.equal(findOwnCgroup(line('/docker/abc', '/sys/fs/cgroup'), '0::/docker/abc/x\n'), '/sys/fs/cgroup/x')
})

t.test('a mount point with a space in it is understood', async (t) => {
  t.equal(findOwnCgroup(line('/', '/my\\040cgroups'), '0::/x\n'), '/my cgroups/x')
})

t.test('there may be none: version 1 only, not mounted, or mounted elsewhere', async (t) => {
  t.equal(findOwnCgroup(line('/', '/sys/fs/cgroup'), '3:cpu:/\n'), null)
  t.equal(findOwnCgroup(OTHER, '0::/\n'), null)
  t.equal(findOwnCgroup(line('/docker/abc', '/sys/fs/cgroup'), '0::/docker/abcdef\n'), null)
  t.equal(findOwnCgroup(line('/', '/sys/fs/cgroup'), '0::/../outside\n'), null)
  t.equal(findOwnCgroup('', ''), null)
})
