/** Every problem that the server finds in the document as it stands; choosing one goes to its node and field. */
import { ChevronRight, CircleCheck, CircleX, LoaderCircle } from 'lucide-react'
import { useMemo } from 'react'

import { nodeAt } from '../../graph/edit/document'
import { troubleOf, type Trouble } from '../../graph/edit/troubles'
import { plural } from '../../ui/format'
import type { EditorState, ProblemsPanelProps } from '../contract'

export function ProblemsPanel({ editor, checking }: ProblemsPanelProps) {
  const { definition, problems } = editor
  const troubles = useMemo(
    () => problems.map((problem) => troubleOf(definition, problem)),
    [definition, problems],
  )
  return (
    <section aria-label="Problems" className="flex min-h-0 flex-col">
      <p role="status" className="flex min-h-8 items-center gap-2 px-3 text-xs text-ink-soft">
        <Judgement count={troubles.length} checking={checking} />
      </p>
      {troubles.length > 0 && (
        <ul className="min-h-0 divide-y divide-line overflow-y-auto border-t border-line">
          {troubles.map((trouble, index) => (
            <Row key={index} trouble={trouble} editor={editor} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Judgement({ count, checking }: { count: number; checking: boolean }) {
  if (checking) {
    return (
      <>
        <LoaderCircle size={13} aria-hidden className="spinning" /> Checking…
      </>
    )
  }
  if (count === 0) {
    return (
      <>
        <CircleCheck size={13} aria-hidden data-tone="success" className="text-tone" /> No problems: it can be
        saved.
      </>
    )
  }
  return (
    <>
      <CircleX size={13} aria-hidden data-tone="failure" className="text-tone" /> {plural(count, 'problem')}:
      mend {count === 1 ? 'it' : 'them'} to save.
    </>
  )
}

function Row({ trouble, editor }: { trouble: Trouble; editor: EditorState }) {
  const { nodePath, field, message } = trouble
  const node = nodePath.length > 0 ? nodeAt(editor.definition, nodePath) : undefined
  return (
    <li>
      <button
        type="button"
        onClick={() => editor.goTo(nodePath, field || undefined)}
        className="flex w-full items-start gap-2 px-3 py-2 text-left hover:bg-raised focus-visible:-outline-offset-2"
      >
        <CircleX size={13} aria-hidden data-tone="failure" className="mt-[3px] shrink-0 text-tone" />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-1 text-xs text-ink-soft">
            <span className="font-medium text-ink">{node?.title ?? nodePath.at(-1) ?? 'Workflow'}</span>
            {field && (
              <>
                <ChevronRight size={11} aria-hidden />
                <code className="font-mono break-all">{field}</code>
              </>
            )}
          </span>
          <span className="block break-words">{message}</span>
        </span>
      </button>
    </li>
  )
}
