import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CREDENTIALS, STARTUP_FILES } from '../../../../plugins/claude-task/policy/lists.ts'
import { compilePatterns } from '../../../../plugins/claude-task/policy/patterns.ts'

const docs = readFileSync(join(import.meta.dirname, '../../../../docs/claude-task.md'), 'utf8')

t.test('operators read the very lists that are in force', async (t) => {
  for (const [key, patterns] of Object.entries({ denyCredentials: CREDENTIALS, denyStartupFiles: STARTUP_FILES }))
    t.ok(docs.includes(`- \`${key}\`: ${patterns.map((each) => `\`${each}\``).join(', ')}\n`), key)
})

t.test('what programs keep their secrets in is covered, what people work with is not', async (t) => {
  const { covering } = compilePatterns(CREDENTIALS, 'linux')
  const secrets = [
    '/root/.ssh/id_ed25519',
    '/home/a/.aws/credentials',
    '/home/a/.kube/config',
    '/home/a/.docker/config.json',
    '/home/a/.config/gcloud/access_tokens.db',
    '/srv/app/.env.production',
    '/home/a/.netrc',
    '/home/a/.git-credentials',
    '/etc/shadow',
    '/proc/1/environ',
    '/home/a/.mozilla/firefox/x.default/logins.json',
    '/home/a/.claude/.credentials.json',
    '/etc/ssl/private/site.key',
  ]
  for (const path of secrets) t.ok(covering(path), path)
  for (const path of ['/srv/shares/report.txt', '/var/log/syslog', '/etc/ssh/sshd_config', '/srv/environment.md'])
    t.notOk(covering(path), path)
  const windows = compilePatterns(CREDENTIALS, 'win32')
  t.ok(windows.covering('C:\\Users\\a\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Login Data'))
  t.ok(windows.covering('C:\\Windows\\System32\\config\\SAM'))
  t.notOk(windows.covering('C:\\Shares\\test\\sync.log'))
})

t.test('what makes other programs run something is covered', async (t) => {
  const { covering } = compilePatterns(STARTUP_FILES, 'linux')
  for (const path of [
    '/srv/x/.git/hooks/pre-commit',
    '/home/a/.bashrc',
    '/srv/.claude/settings.json',
    '/srv/.mcp.json',
    '/etc/cron.d/x',
    '/var/spool/cron/root',
  ])
    t.ok(covering(path), path)
  for (const path of ['/srv/www/index.html', '/srv/.gitignore']) t.notOk(covering(path), path)
})
