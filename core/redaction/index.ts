export { MASK, type RedactionStream, Redactor } from './redactor.ts'
