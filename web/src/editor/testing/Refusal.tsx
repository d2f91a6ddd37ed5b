/** Why a test wasn't started: in the server's words, problem by problem. */
import { asProblem } from '../../api/http'
import { ProblemList } from '../../ui/states'

export function Refusal({ error }: { error: unknown }) {
  if (error === null) return null
  const problem = asProblem(error)
  return (
    <div
      role="alert"
      data-tone="failure"
      className="space-y-1 rounded-md bg-tone-soft px-2.5 py-2 text-xs text-tone"
    >
      <p className="font-medium">
        {problem.title}
        {problem.detail && problem.errors.length === 0 && `: ${problem.detail}`}
      </p>
      <ProblemList problem={problem} />
    </div>
  )
}
