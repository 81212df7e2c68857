import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createTokenSource, readSecretFile } from '../../../core/config/index.ts'

const POSIX = process.platform === 'win32' ? 'mode bits mean nothing on Windows' : false

async function secretFile(t: Test, content: string, mode = 0o600): Promise<string> {
  const file = join(t.testdir(), 'secret')
  await writeFile(file, content)
  await chmod(file, mode)
  return file
}

t.test('a secret is the content of its file without the last line end', async (t) => {
  for (const content of ['s3cret', 's3cret\n', 's3cret\r\n']) {
    t.equal(await readSecretFile(await secretFile(t, content)), 's3cret')
  }
  t.equal(await readSecretFile(await secretFile(t, 'two\nlines\n')), 'two\nlines')
})

t.test('a file that others can touch holds no secret', { skip: POSIX }, async (t) => {
  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o644, 0o601]) {
    await t.rejects(readSecretFile(await secretFile(t, 'x', mode)), { code: 'SECRET_UNAVAILABLE', refused: true })
  }
  t.equal(await readSecretFile(await secretFile(t, 'x', 0o400)), 'x')
})

t.test('a file that is missing is to be written, and the message says how', async (t) => {
  const path = join(t.testdir(), 'token')
  await t.rejects(createTokenSource({ file: path, env: {} })(), {
    code: 'SECRET_UNAVAILABLE',
    message: /does not exist: write the token .*mode 600/,
  })
})

t.test('a file that is missing, empty, a folder or far too large holds no secret', async (t) => {
  const folder = t.testdir({ folder: {} })
  for (const path of [join(folder, 'missing'), join(folder, 'folder')]) {
    await t.rejects(readSecretFile(path), { code: 'SECRET_UNAVAILABLE' })
  }
  for (const content of ['', '\n', 'x'.repeat(70_000)]) {
    await t.rejects(readSecretFile(await secretFile(t, content)), { code: 'SECRET_UNAVAILABLE' })
  }
})

t.test('the token is read anew each time, so that it can be replaced', async (t) => {
  const file = await secretFile(t, 'first-token\n')
  const seen: string[] = []
  const token = createTokenSource({ file, env: {}, onSecret: (secret) => seen.push(secret) })
  t.equal(await token(), 'first-token')
  await writeFile(file, 'second-token\n')
  t.equal(await token(), 'second-token')
  t.same(seen, ['first-token', 'second-token'], 'the log learns each one')
})

t.test('GURURMM_TOKEN goes before the file; an empty one is none', async (t) => {
  const file = await secretFile(t, 'from-file')
  t.equal(await createTokenSource({ file, env: { GURURMM_TOKEN: 'from-env' } })(), 'from-env')
  t.equal(await createTokenSource({ file, env: { GURURMM_TOKEN: '' } })(), 'from-file')
})

t.test('what cannot travel in a header is no token, and the error does not repeat it', async (t) => {
  for (const content of ['two\nlines', 'with space', 'tab\t', 'snow☃']) {
    const token = createTokenSource({ file: await secretFile(t, content), env: {} })
    const error = await token().catch((error) => error)
    t.match(error, { code: 'SECRET_UNAVAILABLE' })
    t.notMatch(error.message, content)
  }
})

t.test('an agent without any token says where to put one', async (t) => {
  await t.rejects(createTokenSource({ file: null, env: {} })(), {
    code: 'SECRET_UNAVAILABLE',
    message: /server\.tokenFile/,
  })
})
