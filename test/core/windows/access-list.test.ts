import t from 'tap'
import { accessProblem, protectFileAdvice, readSecurity, systemProgram } from '../../../core/windows/index.ts'

const ownSid = 'S-1-5-21-1-2-3-1001'

t.test('a file for the agent, SYSTEM and Administrators alone is fine', async (t) => {
  for (const sddl of [
    'O:BAD:PAI(A;;FA;;;SY)(A;;FA;;;BA)',
    'O:SYD:P(A;;0x1f01ff;;;SY)',
    `O:${ownSid}D:(A;OICI;FA;;;SY)(A;ID;FA;;;${ownSid})`,
    'O:S-1-5-32-544D:P(A;;FA;;;S-1-5-18)(A;;FA;;;S-1-5-32-544)',
    'O:BAD:P(A;;FA;;;SY)(D;;FA;;;WD)',
    'O:BAD:P(A;;FA;;;SY)(A;OICIIO;GA;;;BU)',
    'O:BAD:P(A;;FA;;;SY)(A;;0x100080;;;WD)',
    'O:BAD:P(A;;FA;;;SY)(A;;FA;;;OW)',
  ]) {
    t.equal(accessProblem({ sddl, ownSid }), null, sddl)
  }
})

t.test('a file that others may read, change or own is not', async (t) => {
  const bad = {
    'O:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)': 'Users may use',
    'O:BAD:(A;;FA;;;SY)(A;;FR;;;WD)(A;;FR;;;AU)(A;;FR;;;WD)': 'Everyone, Authenticated Users may use',
    'O:BAD:(A;;FA;;;SY)(A;;DCLC;;;S-1-5-21-9-9-9-500)': 'S-1-5-21-9-9-9-500 may use',
    'O:BAD:(A;;WD;;;IU)': 'INTERACTIVE may use',
    'O:BAD:(XA;;FR;;;WD;(Member_of {SID(BA)}))': 'Everyone may use',
    'O:BAD:NO_ACCESS_CONTROL': 'Everyone may use',
    'O:BA': 'Everyone may use',
    'O:S-1-5-21-1-2-3-1002D:P(A;;FA;;;SY)': 'belongs to S-1-5-21-1-2-3-1002',
    'D:P(A;;FA;;;SY)': 'belongs to nobody known',
  }
  for (const [sddl, problem] of Object.entries(bad)) t.equal(accessProblem({ sddl, ownSid }), problem, sddl)
})

t.test('without the functions of Windows nothing is known', async (t) => {
  t.equal(readSecurity('C:\\x'), null)
})

t.test('what Windows does not tell is an error, not a file for the agent alone', async (t) => {
  const koffi = (answers: Record<string, number | boolean>) => () => ({
    load: () => ({
      func: (prototype: string) => () => {
        const [, name = ''] = /(\w+)\(/.exec(prototype) ?? []
        return answers[name] ?? true
      },
    }),
    decode: () => 'O:SYD:',
  })
  t.throws(() => readSecurity('C:\\x', koffi({ GetNamedSecurityInfoW: 5 })), { message: /error 5/ })
  const noText = { GetNamedSecurityInfoW: 0, ConvertSecurityDescriptorToStringSecurityDescriptorW: false }
  t.throws(() => readSecurity('C:\\x', koffi(noText)), /does not tell who/)
  t.throws(() => readSecurity('C:\\x', koffi({ GetNamedSecurityInfoW: 0, OpenProcessToken: false })), /whose process/)
})

t.test('programs of Windows are named by their path, and advice can be typed', async (t) => {
  t.equal(systemProgram('chcp.com', { SystemRoot: 'D:\\Win' }), 'D:\\Win\\System32\\chcp.com')
  t.equal(systemProgram('chcp.com', {}), 'C:\\Windows\\System32\\chcp.com')
  t.equal(
    protectFileAdvice('C:\\a b\\token'),
    'icacls "C:\\a b\\token" /inheritance:r /grant:r *S-1-5-18:F *S-1-5-32-544:F',
  )
})
