/**
 * Questions of running commands to people: to the server's operators, or for a local run to whoever called it. No answer is a no.
 *
 * @module
 */
export { type Approvals, createApprovals } from './approvals.ts'
export { type ApprovalAnswer, type ApprovalQuestion, type Asker, nobody } from './contract.ts'
