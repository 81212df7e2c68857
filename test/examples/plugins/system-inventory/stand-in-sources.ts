import { failure, type Row, type Sources } from '../../../../examples/plugins/system-inventory/sources.ts'

/** What the stand-ins answer, by program, script or file. What is not named here is missing. */
export type Answers = Readonly<Record<string, string | readonly Row[]>>

/** Sources that answer from memory, and what they noted: `source CODE`. */
export function standInSources(
  platform: NodeJS.Platform,
  answers: Answers,
): { readonly sources: Sources; readonly notes: string[] } {
  const notes: string[] = []
  return { sources: sourcesNoting((source, code) => notes.push(`${source} ${code}`), platform, answers), notes }
}

function sourcesNoting(note: Sources['note'], platform: NodeJS.Platform, answers: Answers): Sources {
  const read = <A, T>(source: string, answer: A | undefined, parse: (answer: A) => T): Promise<T | null> => {
    try {
      if (answer === undefined) throw failure('SPAWN_FAILED', 'It is not there.')
      return Promise.resolve(parse(answer))
    } catch (error) {
      note(source, (error as { code?: string }).code ?? 'OUTPUT_INVALID', '')
      return Promise.resolve(null)
    }
  }
  return {
    platform,
    note,
    holdNotes: (take) => sourcesNoting(take, platform, answers),
    program: (name, _args, parse) => read(name, answers[name] as string | undefined, parse),
    file: (path, parse) => read(path, answers[path] as string | undefined, parse),
    powershell: (script, parse) => {
      const key = Object.keys(answers).find((part) => script.includes(part))
      return read('powershell.exe', key === undefined ? undefined : (answers[key] as readonly Row[]), parse)
    },
  }
}
