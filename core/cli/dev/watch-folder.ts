import { watch } from 'node:fs'

/** Editors and compilers write several files, and each in several steps; what they leave a moment later is what counts. In ms. */
const SETTLE_MS = 300

/** What changes without the plugin being another one. */
const IGNORED =
  /^(?:node_modules|\.git|\.gururmm-dev\.json|gururmm\.plugin\.json|.*\.tgz|.*\.(?:test|spec)\.[mc]?[jt]s)(?:$|[\\/])/

/**
 * Calls back once changes of a folder have settled; never while the callback before is still at work.
 *
 * @returns ends it.
 */
export function watchFolder(folder: string, onChange: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined
  let work: Promise<void> = Promise.resolve()
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    if (name !== null && IGNORED.test(name)) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      work = work.then(onChange)
    }, SETTLE_MS)
  })
  return () => {
    clearTimeout(timer)
    watcher.close()
  }
}
