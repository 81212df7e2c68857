import { createCollector } from './collector.js'
import { linesOf } from './lines.js'
import { lineMatcher, nameMatcher } from './matcher.js'
import { contentOf, openFile, skipped } from './read-file.js'
import { reportOf } from './report.js'
import { filesBelow, reasonOf } from './walk.js'

const MAX_SKIPPED = 100
/** News of a large file come this often, in bytes. */
const NEWS_BYTES = 67_108_864

/** Handles a `log_search` command. */
export async function search(input, ctx) {
  const { config } = ctx
  const job = {
    input,
    ctx,
    isMatch: lineMatcher(input),
    collector: createCollector({
      maxMatches: input.max_matches,
      contextLines: input.context_lines,
      maxText: config.maxResultBytes,
    }),
    maxLineBytes: config.maxLineBytes,
  }
  const data = { matches: job.collector.matches, files: [], skipped: [], skipped_count: 0, truncated: false }
  const onSkipped = (path, reason) => {
    data.skipped_count += 1
    if (data.skipped.length < MAX_SKIPPED) data.skipped.push({ path, reason })
  }
  for await (const path of wantedFiles(input, ctx, onSkipped)) {
    if (job.collector.isFull || data.files.length >= config.maxFiles) {
      data.truncated = true
      break
    }
    const file = await searchFile(path, job).catch((error) => {
      ctx.signal.throwIfAborted()
      onSkipped(path, reasonOf(error))
      return null
    })
    if (file !== null) data.files.push(file)
  }
  data.truncated ||= job.collector.isFull
  return { data, stdout: reportOf(data) }
}

async function* wantedFiles(input, ctx, onSkipped) {
  const isWanted = nameMatcher(input.files)
  const walk = { ctx, recursive: input.recursive, seen: new Set(), onSkipped }
  if (input.folder !== undefined) yield* wantedBelow(input.folder, walk, isWanted)
  else {
    for (const folder of ctx.config.folders) {
      try {
        yield* wantedBelow(folder, walk, isWanted)
      } catch (error) {
        ctx.signal.throwIfAborted()
        onSkipped(folder, reasonOf(error))
      }
    }
  }
}

async function* wantedBelow(folder, walk, isWanted) {
  for await (const { path, name } of filesBelow(folder, walk)) if (isWanted(name)) yield path
}

async function searchFile(path, job) {
  const { input, ctx } = job
  const isPacked = path.endsWith('.gz')
  if (isPacked && input.tail_bytes !== undefined) throw skipped('compressed')
  const opened = await openFile(path)
  ctx.progress({ file: path, size: opened.size, matches: job.collector.matches.length })
  try {
    return await searchContent(
      path,
      opened,
      isPacked ? { start: 0, isPacked } : { ...beginOf(path, opened, input), isPacked },
      job,
    )
  } finally {
    await opened.handle.close()
  }
}

/** Where to begin. Behind a tail's begin the first line is none: it starts somewhere within one, or is the end of the one before. */
function beginOf(path, { size }, { since, tail_bytes }) {
  const known = since?.[path] ?? 0
  const resumed = known <= size ? known : 0
  const tail = tail_bytes === undefined ? 0 : size - tail_bytes
  return tail > resumed ? { start: tail - 1, dropsFirst: true } : { start: resumed }
}

async function searchContent(path, opened, { start, dropsFirst = false, isPacked }, job) {
  const { ctx, collector, isMatch, maxLineBytes } = job
  const earlier = collector.matches.length
  const file = { file: path, matches: 0, end_byte: start, cut_lines: 0 }
  let number = 0
  let nextNews = start + NEWS_BYTES
  let drops = dropsFirst
  collector.beginFile()
  for await (const lines of linesOf(contentOf(opened, { start, isPacked }), { start, maxLineBytes })) {
    ctx.signal.throwIfAborted()
    for (const { text, byte, next, isCut, isWhole } of lines) {
      number += 1
      if (isCut) file.cut_lines += 1
      // A line still being written is searched, and once more when it is whole
      if (isWhole) file.end_byte = next
      const place = !drops && isMatch(text) ? { file: path, line: start === 0 ? number : null, byte } : null
      if (!drops) collector.add(text, place)
      drops = false
      if (collector.isFull) break
    }
    if (collector.isFull) break
    if (file.end_byte >= nextNews) {
      ctx.progress({ file: path, byte: file.end_byte, size: opened.size, matches: collector.matches.length })
      nextNews = file.end_byte + NEWS_BYTES
    }
  }
  file.matches = collector.matches.length - earlier
  return file
}
