/** The foot of a form in a dialog: why the server refused it, the way out, and the verb. */
import { asProblem } from '../api/http'
import type { ProblemEntry } from '../api/types'
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
              <Told {...entry} />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Fields of short forms, as people call them; what stands elsewhere keeps the place that its document has. */
const CALLED: Readonly<Record<string, string>> = {
  code: 'The code',
  current: 'The current password',
  email: 'The address',
  name: 'The name',
  new: 'The new password',
  password: 'The password',
}

function Told({ path, message }: ProblemEntry) {
  const called = CALLED[path]
  if (called) return message.startsWith('the ') ? capital(message) : `${called} ${message}`
  return (
    <>
      {path && <code className="mr-1.5 font-mono text-xs font-medium">{path}</code>}
      {message}
    </>
  )
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
