const HOUR = 3_600_000

/** Hours ago, and what the sync log says of that time. */
const ENTRIES: readonly (readonly [number, string])[] = [
  [50, 'ERROR upload of archive/2019.zip failed: disk quota exceeded'],
  [30, 'INFO  sync finished: 1204 files, 0 errors'],
  [20, 'INFO  sync started'],
  [19.9, 'WARN  slow connection to nas-02: 4.1 s'],
  [19.8, 'ERROR cannot copy invoices/2026-01.pdf: permission denied'],
  [6, 'INFO  sync started'],
  [5.9, 'ERROR connection to nas-02 lost after 3 tries'],
  [5.8, 'INFO  sync finished: 1187 files, 2 errors'],
]

/** A sync log with errors in the last 24 hours, and older ones that a good answer leaves out. */
export function syncLog(now: number): string {
  return ENTRIES.map((entry) => `${lineOf(entry, now)}\n`).join('')
}

/** What the stand-in API says after it has had the log read. It says of itself what it is. */
export function cannedAnswer(now: number): string {
  const recent = ENTRIES.filter(([hours, text]) => hours <= 24 && text.startsWith('ERROR'))
  return [
    '[canned answer of the demo’s stand-in API: no model was asked]',
    `sync.log has ${recent.length} errors in the last 24 hours:`,
    ...recent.map((entry) => `- ${lineOf(entry, now)}`),
    'The last run finished with errors; nas-02 should be looked at first.',
  ].join('\n')
}

function lineOf([hours, text]: readonly [number, string], now: number): string {
  return `${new Date(now - hours * HOUR).toISOString().slice(0, 19)}Z ${text}`
}
