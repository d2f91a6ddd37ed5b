/** Whether a refusal asks for a one-time code: what was proven before it was right. Pure. */
import { asProblem } from '../api/http'

export function asksForCode(error: unknown): boolean {
  const { status, errors } = asProblem(error)
  return status === 401 && errors.some(({ path }) => path === 'code')
}
