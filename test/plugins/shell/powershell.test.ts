import t from 'tap'
import { interpreterOf } from '../../../plugins/shell/interpreters.ts'
import { powershellArguments, powershellCall } from '../../../plugins/shell/powershell.ts'

t.test('on Windows script files are let run', async (t) => {
  const args = powershellArguments(interpreterOf('powershell.exe'), 'Get-Date', 'win32')
  t.match(args.join(' '), /^-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command /)
  t.notOk(powershellArguments(interpreterOf('pwsh'), 'Get-Date', 'linux').includes('-ExecutionPolicy'))
})

t.test('the text stands between what sets the encoding and what passes on the exit code', async (t) => {
  const lines = powershellArguments(interpreterOf('pwsh'), 'a # comment\nb').at(-1)?.split('\n')
  t.match(lines, [/OutputEncoding/, 'a # comment', 'b', /exit \$LASTEXITCODE/])
})

t.test('no argument can end its quotes, typographic ones included', async (t) => {
  t.equal(
    powershellCall('/a b.ps1', ["'; id; '", '’; id', '$(id)', '']),
    "& '/a b.ps1' '''; id; ''' '’’; id' '$(id)' ''",
  )
})
