/** The foot of a form in a dialog: why the server refused it, the way out, and the verb. */
import { asProblem } from '../api/http'
import { Button } from './Button'

interface Props {
  /** The verb on the button. */
  action: string
  busy: boolean
  disabled?: boolean
  /** What the last attempt failed with; null before. */
  refused: unknown
  onCancel: () => void
}

export function FormFoot({ action, busy, disabled = false, refused, onCancel }: Props) {
  return (
    <>
      {refused !== null && <Refusal error={refused} />}
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onCancel}>Never mind</Button>
        <Button type="submit" look="primary" busy={busy} disabled={disabled}>
          {action}
        </Button>
      </div>
    </>
  )
}

/** A refusal in the server's words, with the place of each problem. */
export function Refusal({ error }: { error: unknown }) {
  const problem = asProblem(error)
  return (
    <div role="alert" data-tone="failure" className="rounded-md bg-tone-soft px-2.5 py-1.5 text-tone">
      {problem.errors.length === 0 ? (
        <p className="break-words">{problem.message}</p>
      ) : (
        <ul className="space-y-0.5">
          {problem.errors.map((entry, index) => (
            <li key={index} className="break-words">
              {entry.path && <code className="mr-1.5 font-mono text-xs font-medium">{entry.path}</code>}
              {entry.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
