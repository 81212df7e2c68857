import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { buildPackages } from '../helpers/package/build.ts'
import { EXCHANGE, runOnDebian } from '../helpers/package/debian.ts'
import { doMainJob, writeConfig } from '../helpers/package/main-job.ts'
import { writeStandIn } from '../helpers/package/stand-in.ts'
import { startReferenceServer } from '../helpers/reference-server.ts'

/** Runs while systemd does; what it prints is looked at. */
const TASK = `exec 2>&1
cd /
cp ${EXCHANGE}/etc/* /etc/gururmm/
chown gururmm: /etc/gururmm/token /etc/gururmm/key
mkdir /srv/share
systemctl enable --now gururmm-agent
while [ ! -e ${EXCHANGE}/done ]; do sleep 0.1; done
echo "--- as root"
gururmm-agent doctor || echo "doctor ended with $?"
gururmm-agent service status
gururmm-agent service install || echo "install ended with $?"
gururmm-agent run shell 'id -un; touch /etc/x; bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev true && echo sandboxes work; setsid sleep 987 & echo left one'
pgrep -f 'sleep 987' || echo "nothing is left"
gururmm-agent plugin disable claude_task
echo "--- after a crash"
before=$(systemctl show --property=MainPID gururmm-agent)
systemctl kill --kill-whom=main --signal=KILL gururmm-agent
while [ "$(systemctl show --property=MainPID gururmm-agent)" = "$before" ] || ! gururmm-agent status >/dev/null 2>&1; do sleep 0.2; done
echo "it is back"
echo "--- with a broken config"
echo '{' > /etc/gururmm/agent.config.json
systemctl restart gururmm-agent
while systemctl is-active --quiet gururmm-agent; do sleep 0.2; done
sleep 6
systemctl show --property=ActiveState --property=ExecMainStatus --property=NRestarts gururmm-agent
journalctl --unit gururmm-agent --output cat --no-pager
echo "--- end"
`

if (process.geteuid?.() === 0) {
  t.test('the .deb', async (t) => {
    const platform = `linux-${process.arch}`
    const built = await buildPackages(t, '--platform', platform)
    const folder = await mkdtemp(path.join(tmpdir(), 'gururmm-debian-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    await chmod(folder, 0o755)
    await copyFile(built.file('.deb'), path.join(folder, 'agent.deb'))

    t.test('installs and is removed where no systemd runs, and leaves nothing after a purge', async (t) => {
      const { code, output } = await runOnDebian(
        t,
        folder,
        `rm -rf "$machine/run/systemd"
        inside dpkg --install ${EXCHANGE}/agent.deb
        inside stat --format '%n %U %a' /var/lib/gururmm /etc/gururmm/agent.config.json
        inside gururmm-agent --version
        inside gururmm-agent config check
        inside systemd-analyze security --offline=true --threshold=45 --no-pager gururmm-agent.service | tail -1
        inside dpkg --verify gururmm-agent
        inside dpkg --install ${EXCHANGE}/agent.deb
        inside dpkg --remove gururmm-agent
        inside stat --format '%n %U %a' /var/lib/gururmm /etc/gururmm/agent.config.json
        inside dpkg --purge gururmm-agent
        for place in /var/lib/gururmm /etc/gururmm /usr/lib/gururmm-agent /usr/bin/gururmm-agent; do
          if [ -e "$machine$place" ]; then echo "left: $place"; fi
        done
        inside id gururmm || echo "no account is left"`,
      )
      t.equal(code, 0, output)
      t.match(output, /\/var\/lib\/gururmm gururmm 700\n\/etc\/gururmm\/agent\.config\.json root 644\n1\.\d/)
      t.match(output, /ok \/etc\/gururmm\/agent\.config\.json/)
      t.match(output, /set server\.url in .*\n.*systemctl enable --now/)
      t.match(output, /no account is left/)
      t.notMatch(output, /left: |missing|warning: /)
    })

    t.test('serves its server under a real systemd, contained as its unit says', async (t) => {
      const { url, client } = await startReferenceServer(t)
      await mkdir(path.join(folder, 'etc'))
      const cliPath = await writeStandIn(folder, '/usr/lib/gururmm-agent/runtime/bin/node', EXCHANGE)
      await writeConfig(path.join(folder, 'etc'), url, { dataDir: '/var/lib/gururmm', share: '/srv/share', cliPath })
      await writeFile(path.join(folder, 'task'), TASK)
      await rm(path.join(folder, '.machine'), { recursive: true, force: true })
      const machine = runOnDebian(t, folder, `inside dpkg --install ${EXCHANGE}/agent.deb\nboot task`)
      const early = machine.then(({ output }) => Promise.reject(new Error(`The machine ended too early:\n${output}`)))
      const cgroup = await Promise.race([doMainJob(t, client, 'cat /proc/self/cgroup'), early])
      early.catch(() => {})
      t.match(cgroup, /gururmm-agent\.service\/gururmm-[^/]+\/run-\d+$/m, 'each run has a cgroup in the delegated one')
      await writeFile(path.join(folder, 'done'), '')
      const { code, output } = await machine
      t.equal(code, 0, output)
      t.notMatch(output, /✗|doctor ended/, 'doctor finds nothing to mend')
      t.match(output, /^now +running, process \d+/m)
      t.match(output, /A system package brings this service already/)
      t.match(output, /^gururmm$/m, 'commands run as the service’s account')
      t.match(output, /\/etc\/x.*Read-only file system/)
      t.match(output, /^sandboxes work$/m)
      t.match(output, /^nothing is left$/m)
      t.match(output, /claude_task is disabled/)
      t.match(output, /^it is back$/m)
      t.match(output, /^ExecMainStatus=78$/m)
      t.match(output, /^ActiveState=failed$/m, 'a config that has to be mended is not tried again and again')
      t.match(output, /"msg":"agent started"/, 'the journal has its log')
      t.match(output, /^--- end$/m)
    })
  })
}
