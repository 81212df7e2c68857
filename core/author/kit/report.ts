/** What one check of the kit found. */
export interface Finding {
  /** `input acme_inventory`, `programs acme_inventory`, … */
  readonly group: string
  readonly name: string
  /** `advice`: works, and could be better; ends no test. */
  readonly level: 'ok' | 'advice' | 'failed'
  /** What was found and, where not ok, what to do. */
  readonly message: string
}

/** Collects findings, and tells each as it comes. */
export class Report {
  readonly findings: Finding[] = []
  readonly #tell: (finding: Finding) => void

  constructor(tell: (finding: Finding) => void) {
    this.#tell = tell
  }

  get failed(): boolean {
    return this.findings.some(({ level }) => level === 'failed')
  }

  /** Adds what is said of one check. */
  add(group: string, name: string, level: Finding['level'], message: string): void {
    const finding = { group, name, level, message }
    this.findings.push(finding)
    this.#tell(finding)
  }

  /** Adds `good` where there are no problems, else those, the first few in full. */
  sum(group: string, name: string, problems: readonly string[], good: string): void {
    const different = [...new Set(problems)]
    const more = different.length > 3 ? ` (and ${different.length - 3} more)` : ''
    if (problems.length === 0) this.add(group, name, 'ok', good)
    else this.add(group, name, 'failed', different.slice(0, 3).join(' · ') + more)
  }
}
