import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, cp, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { unitFile } from '../../core/service/systemd-unit.ts'

const run = promisify(execFile)

const FILES = path.join(import.meta.dirname, 'files/debian')

const CONFIG = '/etc/gururmm/agent.config.json'
const MAINTAINER = 'AZ Computer Guru <mswanson@azcomputerguru.com>'
const HOME = '/usr/lib/gururmm-agent'

export interface Deb {
  readonly architecture: string
  readonly version: string
  /** Set for every file. */
  readonly time: Date
}

/** Makes the `.deb` of a package's folder, and answers its path. By dpkg-deb, without root's rights. */
export async function makeDeb(folder: string, out: string, deb: Deb): Promise<string> {
  const root = path.join(path.dirname(folder), 'deb')
  await layOut(root, folder, deb)
  const file = path.join(out, `gururmm-agent_${deb.version}_${deb.architecture}.deb`)
  const seconds = String(Math.floor(deb.time.getTime() / 1000))
  const env = { ...process.env, SOURCE_DATE_EPOCH: seconds }
  await run('find', [root, '-exec', 'touch', '--no-dereference', `--date=@${seconds}`, '{}', '+'])
  // xz, which every dpkg reads; in one thread, as several make other bytes on other machines; and hardly worse than at its slowest
  await run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--threads-max=1', '--build', root, file], { env })
  return file
}

async function layOut(root: string, folder: string, deb: Deb): Promise<void> {
  const at = (...names: readonly string[]) => path.join(root, ...names)
  const docs = at('usr/share/doc/gururmm-agent')
  for (const place of ['DEBIAN', 'etc/gururmm', 'usr/bin', 'usr/lib/systemd/system', 'usr/share/doc'])
    await mkdir(at(place), { recursive: true })
  await cp(folder, at(HOME), { recursive: true })
  await rename(at(HOME, 'docs'), docs)
  await rename(at(HOME, 'CHANGELOG.md'), path.join(docs, 'CHANGELOG.md'))
  await writeFile(path.join(docs, 'changelog.gz'), gzipSync(changelog(deb), { level: 9 }))
  await writeFile(path.join(docs, 'copyright'), await copyright(folder))
  await symlink('../lib/gururmm-agent/bin/gururmm-agent', at('usr/bin/gururmm-agent'))
  await writeFile(at('usr/lib/systemd/system/gururmm-agent.service'), unit())
  await cp(path.join(FILES, 'agent.config.json'), at(CONFIG))
  await cp(path.join(FILES, 'lintian-overrides'), at('usr/share/lintian/overrides/gururmm-agent'))
  await writeControl(root, deb)
  await setModes(root)
}

/** The same unit as `service install` writes. */
function unit(): string {
  const text = unitFile({
    command: [`${HOME}/runtime/bin/node`, `${HOME}/bin/gururmm-agent.js`],
    args: ['start', '--config', CONFIG],
    dataDir: '/var/lib/gururmm',
    logFile: null,
    user: 'gururmm',
    writable: [],
  })
  return text.replace(/^# Written by.*$/m, '# Changes belong into `systemctl edit gururmm-agent`.')
}

/** In Debian's form; what changed is told in the project's own. */
function changelog({ version, time }: Deb): string {
  const date = time.toUTCString().replace('GMT', '+0000')
  return `gururmm-agent (${version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- ${MAINTAINER}  ${date}\n`
}

async function copyright(folder: string): Promise<string> {
  const read = (name: string) => readFile(path.join(folder, name), 'utf8')
  const parts = [await read('LICENSE'), `Node.js, in ${HOME}/runtime:\n\n${await read('licenses/Node.js.txt')}`]
  return [...parts, await read('dist/THIRD-PARTY-NOTICES.txt')].join(`\n${'='.repeat(80)}\n\n`)
}

async function writeControl(root: string, { architecture, version }: Deb): Promise<void> {
  const control = path.join(root, 'DEBIAN')
  const kilobytes = (await run('du', ['-sk', '--exclude=DEBIAN', root])).stdout.split('\t')[0]
  const text = await readFile(path.join(FILES, 'control'), 'utf8')
  const filled = text
    .replace('@VERSION@', version)
    .replace('@MAINTAINER@', MAINTAINER)
    .replace('@ARCHITECTURE@', architecture)
    .replace('@SIZE@', kilobytes ?? '')
  await writeFile(path.join(control, 'control'), filled)
  await writeFile(path.join(control, 'conffiles'), `${CONFIG}\n`)
  for (const script of ['postinst', 'prerm', 'postrm']) await cp(path.join(FILES, script), path.join(control, script))
  await writeFile(path.join(control, 'md5sums'), await md5sums(root))
}

/** What dpkg --verify compares with. */
async function md5sums(root: string): Promise<string> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  const names = files.map((file) => path.relative(root, file)).filter((name) => !/^(DEBIAN|etc)\//.test(name))
  const line = async (name: string) =>
    `${createHash('md5')
      .update(await readFile(path.join(root, name)))
      .digest('hex')}  ${name}\n`
  return (await Promise.all(names.sort().map(line))).join('')
}

/** Files and folders that this step added; the package's own have theirs. */
async function setModes(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isDirectory()) await chmod(file, 0o755)
    else if (entry.isFile() && !file.startsWith(path.join(root, HOME)))
      await chmod(file, /DEBIAN\/(postinst|prerm|postrm)$/.test(file) ? 0o755 : 0o644)
  }
  await chmod(root, 0o755)
}
