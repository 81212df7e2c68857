import { createReadStream, existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Salvaged } from './salvage.ts'
import { findCommandSeals, findResults, type Seal, sealCommand, sealResult } from './seal.ts'
import type { Store } from './store.ts'

const PIECE = 1024 * 1024
/** Longer than any row or result that stands in one page; pieces overlap by this much so that none is cut. */
const OVERLAP = 8192

/** Looks through a file for the seals of commands and for small results, wherever in it they stand. */
export async function mergeBytes(store: Store, found: Salvaged, path: string): Promise<void> {
  if (!existsSync(path)) return
  let held = ''
  for await (const piece of createReadStream(path, { highWaterMark: PIECE })) {
    const text = held + (piece as Buffer).toString('latin1')
    mergeText(store, found, text)
    held = text.slice(-OVERLAP)
  }
}

function mergeText({ db, transaction }: Store, found: Salvaged, text: string): void {
  transaction(() => {
    for (const seal of findCommandSeals(text)) mergeSeal(db, found, seal)
    for (const { id, json } of findResults(text)) mergeResult(db, found, id, json)
  })
}

function mergeSeal(db: DatabaseSync, found: Salvaged, seal: Seal): void {
  const known = db.prepare('SELECT seq, state FROM command WHERE id = ?').get(seal.id)
  if (known === undefined) {
    insertBare(db, seal)
    found.commands++
  } else if (seal.state > Number(known.state)) {
    const update = db.prepare('UPDATE command SET seal = ?, state = ? WHERE seq = ?')
    update.run(sealCommand(seal), seal.state, known.seq ?? null)
  }
}

/** A command of which nothing but the seal is known; of session 0, so that it counts as left by an earlier process. */
function insertBare(db: DatabaseSync, seal: Seal): void {
  const now = Date.now()
  db.prepare(`
    INSERT INTO command (seal, id, state, session, origin, type, rerun, elevated, received_at, accept_clock, starts)
    VALUES (?, ?, ?, 0, ?, '', 0, 0, ?, ?, 0)`).run(sealCommand(seal), seal.id, seal.state, seal.origin, now, now)
}

function mergeResult(db: DatabaseSync, found: Salvaged, id: string, json: string): void {
  const command = db.prepare('SELECT seq FROM command WHERE id = ?').get(id)
  if (command === undefined) return
  const insert = db.prepare('INSERT OR IGNORE INTO result VALUES (?, ?, ?)')
  found.results += Number(insert.run(command.seq ?? null, sealResult(id, json), json).changes)
}
