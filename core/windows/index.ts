/** What only Windows has: functions of its own, access lists. Nothing here touches anything until it is called. */
export { accessProblem, fileAccessProblem } from './access-list.ts'
export { type Call, ONLY_ADMINISTRATORS, protectFileAdvice, protectFolder } from './protect.ts'
export { type FileSecurity, readSecurity } from './security.ts'
export { systemProgram } from './system-program.ts'
