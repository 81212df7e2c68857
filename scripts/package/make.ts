import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../build/bundle.ts'
import { pack } from './archive.ts'
import { makeDeb } from './deb.ts'
import { measureStart } from './measure.ts'
import { isOwn, type Platform } from './platforms.ts'
import { type Making, stage } from './stage.ts'

const SUMS = 'SHA256SUMS'

/** Makes the packages of the platforms into `out`, with their checksums, and says what came of it. */
export async function makePackages(platforms: readonly Platform[], out: string, making: Making): Promise<void> {
  const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'))
  const time = await sourceTime()
  for (const platform of platforms) {
    const staging = path.join(out, '.staging')
    const folder = path.join(staging, `gururmm-agent-${version}-${platform.name}`)
    await mkdir(folder, { recursive: true })
    const runtime = await stage(folder, platform, making)
    const archive = path.join(out, `${path.basename(folder)}.${platform.archive}`)
    await pack(folder, archive, time)
    const files = [archive]
    if (platform.debian !== null)
      files.push(await makeDeb(folder, out, { architecture: platform.debian, version, time }))
    const start = isOwn(platform) ? `, ${await measureStart(folder, staging)}` : ''
    making.say(`${platform.name}: Node ${runtime}, ${await sizeOf(folder)} unpacked${start}`)
    for (const file of files) making.say(`  ${path.basename(file)}, ${megabytes((await stat(file)).size)}`)
    await rm(staging, { recursive: true })
  }
  await writeSums(out)
  making.say(`all in ${out}, checksums in ${SUMS}`)
}

/** What every file is dated: the last commit's time, so that the same sources make the same bytes. */
async function sourceTime(): Promise<Date> {
  const given = process.env.SOURCE_DATE_EPOCH
  if (given !== undefined) return new Date(Number(given) * 1000)
  const { stdout } = await promisify(execFile)('git', ['log', '-1', '--format=%ct'], { cwd: ROOT })
  return new Date(Number(stdout) * 1000)
}

/** As `sha256sum --check` reads them. */
async function writeSums(out: string): Promise<void> {
  const names = (await readdir(out)).filter((name) => /\.(tar\.gz|zip|deb)$/.test(name)).sort()
  const lines = await Promise.all(
    names.map(
      async (name) =>
        `${createHash('sha256')
          .update(await readFile(path.join(out, name)))
          .digest('hex')}  ${name}\n`,
    ),
  )
  await writeFile(path.join(out, SUMS), lines.join(''))
}

async function sizeOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  return megabytes(sizes.reduce((sum, size) => sum + size, 0))
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
