import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { MIGRATIONS, migrate } from '../../../core/journal/schema.ts'

function versionOf(db: DatabaseSync): unknown {
  return db.prepare('PRAGMA user_version').get()?.user_version
}

const STEPS = [
  (db: DatabaseSync) => db.exec('CREATE TABLE a (x)'),
  (db: DatabaseSync) => db.exec('INSERT INTO a VALUES (1)'),
  (db: DatabaseSync) => db.exec('ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1'),
]

test('A database of any version goes through the steps that it lacks, and no others.', (t) => {
  for (const from of [0, 1, 2, 3]) {
    const db = new DatabaseSync(':memory:')
    migrate(db, STEPS.slice(0, from))
    t.equal(versionOf(db), from)
    migrate(db, STEPS)
    migrate(db, STEPS)
    t.equal(versionOf(db), 3)
    t.match(db.prepare('SELECT * FROM a').all(), [{ x: 1, y: 2 }])
    t.equal(db.prepare('SELECT count(*) AS n FROM a').get()?.n, 1)
  }
  t.end()
})

test('A step that fails leaves the version before it, and nothing of itself.', (t) => {
  const db = new DatabaseSync(':memory:')
  const broken = [STEPS[0], (inner: DatabaseSync) => inner.exec('INSERT INTO a VALUES (7); SELECT nonsense')]
  t.throws(() => migrate(db, broken as typeof STEPS))
  t.equal(versionOf(db), 1)
  t.equal(db.prepare('SELECT count(*) AS n FROM a').get()?.n, 0)
  migrate(db, STEPS)
  t.equal(versionOf(db), 3)
  t.end()
})

test('A newer version than is known is refused and left alone.', (t) => {
  const db = new DatabaseSync(':memory:')
  migrate(db, STEPS)
  t.throws(() => migrate(db, STEPS.slice(0, 2)), { code: 'JOURNAL_NEWER' })
  t.equal(versionOf(db), 3)
  t.end()
})

test('The steps of the journal lead to tables that check their types.', (t) => {
  const db = new DatabaseSync(':memory:')
  migrate(db)
  t.equal(versionOf(db), MIGRATIONS.length)
  const tables = db.prepare("SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite%'").all()
  t.strictSame(tables.map(({ name }) => name).toSorted(), ['command', 'input', 'meta', 'result', 'run'])
  t.ok(tables.every(({ strict }) => strict === 1))
  t.end()
})
