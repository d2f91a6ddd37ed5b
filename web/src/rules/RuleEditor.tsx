/**
 * A rule that is edited: as a form, as YAML or as JSON of the same document; tried beside it, and saved as a whole.
 *
 * Text that can't be read holds its tab and the save until it is mended. Leaving with changes asks first.
 */
import { useBlocker } from '@tanstack/react-router'
import { Save, Undo2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'

import { Allowed } from '../access/Allowed'
import { asProblem } from '../api/http'
import type { RuleDocument } from '../api/rules'
import type { ProblemEntry } from '../api/types'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Refusal } from '../ui/FormFoot'
import { Panel } from '../ui/Page'
import { Skeleton } from '../ui/states'
import { Tabs } from '../ui/Tabs'
import { put } from './document'
import { DryRunPanel } from './DryRunPanel'
import { ofRule } from './problems'
import { RuleForm } from './RuleForm'

const YamlTab = lazy(async () => ({ default: (await import('./SourceTab')).YamlTab }))
const JsonTab = lazy(async () => ({ default: (await import('./SourceTab')).JsonTab }))

type View = 'form' | 'yaml' | 'json'

const VIEWS = [
  { value: 'form', label: 'Form' },
  { value: 'yaml', label: 'YAML' },
  { value: 'json', label: 'JSON' },
] as const

interface Props {
  /** As it is saved; a blank one for a new rule. */
  document: RuleDocument
  /** The saved rule's id; null for a new one. */
  saved: string | null
  save: (document: RuleDocument) => Promise<unknown>
}

export function RuleEditor({ document, saved, save }: Props) {
  const { draft, setDraft, putBack, edition } = useDraft(document)
  const [broken, setBroken] = useState(false)
  const [busy, setBusy] = useState(false)
  const [refused, refuse] = useState<unknown>(null)
  const dirty = !same(draft, document)
  const problems = refused === null ? [] : ofRule(asProblem(refused).errors)
  const submit = () => {
    setBusy(true)
    refuse(null)
    save(draft)
      .catch(refuse)
      .finally(() => setBusy(false))
  }
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(360px,440px)]">
      <Panel>
        <Views
          key={edition}
          draft={draft}
          onChange={setDraft}
          problems={problems}
          broken={broken}
          onBroken={setBroken}
        />
        <div className="sticky bottom-0 space-y-2 border-t border-line bg-panel px-4 py-2.5">
          {refused !== null && <Refusal error={refused} />}
          <div className="flex flex-wrap items-center justify-end gap-2">
            <span role="status" className="mr-auto text-xs text-ink-faint">
              {broken ? 'The text can’t be read yet.' : dirty ? 'Not saved.' : saved ? 'Saved.' : ''}
            </span>
            {(dirty || broken) && saved !== null && (
              <Button
                look="quiet"
                onClick={() => {
                  putBack()
                  setBroken(false)
                }}
              >
                <Undo2 size={14} aria-hidden /> Put back
              </Button>
            )}
            <Allowed area="automation-rules" role="editor">
              <Button
                look="primary"
                busy={busy}
                disabled={broken || (saved !== null && !dirty)}
                onClick={submit}
              >
                <Save size={14} aria-hidden /> {saved === null ? 'Create' : 'Save'}
              </Button>
            </Allowed>
          </div>
        </div>
      </Panel>
      <DryRunPanel draft={draft} saved={dirty ? null : saved} broken={broken} onRefused={refuse} />
      <Leaving dirty={dirty && !busy} />
    </div>
  )
}

/**
 * The draft of a saved document. Where the saved one changes meanwhile (switched on or off beside it), a draft without
 * changes follows it, and one with changes takes over the switch alone. `edition` counts what wasn't typed here.
 */
function useDraft(saved: RuleDocument) {
  const [state, setState] = useState({ base: saved, draft: saved, edition: 0 })
  if (!same(state.base, saved)) {
    const untouched = same(state.draft, state.base) || same(state.draft, saved)
    const draft = untouched ? saved : put(state.draft, 'enabled', saved['enabled'])
    setState({ base: saved, draft, edition: state.edition + (same(draft, state.draft) ? 0 : 1) })
  }
  return {
    ...state,
    setDraft: (draft: RuleDocument) => setState((now) => ({ ...now, draft })),
    putBack: () => setState((now) => ({ ...now, draft: saved, edition: now.edition + 1 })),
  }
}

function same(a: RuleDocument, b: RuleDocument): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

interface ViewsProps {
  draft: RuleDocument
  onChange: (next: RuleDocument) => void
  problems: readonly ProblemEntry[]
  broken: boolean
  onBroken: (broken: boolean) => void
}

function Views({ draft, onChange, problems, broken, onBroken }: ViewsProps) {
  const [view, setView] = useState<View>('form')
  const source = { document: draft, onChange, onBroken }
  return (
    <Tabs
      label="How the rule is shown"
      value={view}
      items={VIEWS}
      onChange={(next) => !broken && setView(next)}
    >
      {(shown) => (
        <Suspense fallback={<Skeleton rows={4} />}>
          {shown === 'form' && <RuleForm document={draft} onChange={onChange} problems={problems} />}
          {shown === 'yaml' && <YamlTab {...source} />}
          {shown === 'json' && <JsonTab {...source} />}
        </Suspense>
      )}
    </Tabs>
  )
}

function Leaving({ dirty }: { dirty: boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: dirty,
    withResolver: true,
  })
  return (
    <Confirm
      open={blocker.status === 'blocked'}
      onOpenChange={(open) => !open && blocker.reset?.()}
      danger
      title="Leave without saving?"
      description="The changes of this rule are lost."
      action="Leave"
      onConfirm={() => {
        blocker.proceed?.()
        return Promise.resolve()
      }}
    />
  )
}
