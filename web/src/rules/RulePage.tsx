/** One rule: edited and tried, switched, fired by hand, and what became of its firings. Also where a new one is written. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Play } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { useCan } from '../access/useCan'
import { newKey } from '../api/http'
import { createRule, ruleQuery, saveRule, switchRule, type Rule, type RuleDocument } from '../api/rules'
import { FiringList } from '../deliveries/FiringList'
import { FiringView } from '../deliveries/FiringView'
import { Beside } from '../ui/Beside'
import { Button } from '../ui/Button'
import { CopyButton } from '../ui/CopyButton'
import { Page, Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'
import { Switch } from '../ui/Switch'
import { Tabs } from '../ui/Tabs'
import { useToast } from '../ui/Toasts'
import { useMutate } from '../ui/useMutate'
import { blankRule } from './document'
import { FireDialog } from './FireDialog'
import { RuleActions } from './RuleActions'
import { RuleEditor } from './RuleEditor'
import { NEW } from './RulesPage'

export function RulePage() {
  const { name } = useParams({ from: '/rules/$name' })
  return name === NEW ? <NewRule /> : <OneRule key={name} name={name} />
}

function NewRule() {
  const [key] = useState(newKey)
  const [blank] = useState(blankRule)
  const navigate = useNavigate()
  const client = useQueryClient()
  const toast = useToast()
  const create = async (document: RuleDocument) => {
    const made = await createRule(document, key)
    toast.done(`Created ${made.name}`)
    await client.invalidateQueries({ queryKey: ['rules'] })
    await navigate({ to: '/rules/$name', params: { name: made.name }, ignoreBlocker: true })
  }
  return (
    <Page title="New rule">
      <RuleEditor document={blank} saved={null} save={create} />
    </Page>
  )
}

function OneRule({ name }: { name: string }) {
  const { data, error, isPending, refetch } = useQuery({
    ...ruleQuery(name),
    // What is being edited isn't taken away; a save reads it again.
    refetchOnWindowFocus: false,
  })
  if (data) return <Shown rule={data} />
  return (
    <Page title="Rule">
      <Panel>
        {isPending ? (
          <Skeleton />
        ) : (
          <ErrorState
            error={error}
            retry={() => void refetch()}
            back={{ to: '/rules', label: 'To the rules' }}
          />
        )}
      </Panel>
    </Page>
  )
}

type View = 'rule' | 'firings'

const VIEWS = [
  { value: 'rule', label: 'Rule' },
  { value: 'firings', label: 'Firings' },
] as const

function Shown({ rule }: { rule: Rule }) {
  const [view, setView] = useState<View>('rule')
  const [firing, fire] = useState(false)
  const [open, setOpen] = useState<string | null>(null)
  const navigate = useNavigate()
  const save = useSave(rule)
  const maySwitch = useCan('automation-rules', 'editor')
  const change = useMutate({
    run: (enabled: boolean) => switchRule(rule.id, enabled),
    keys: [['rules'], ['rule'], ['schedules']],
    done: (_, enabled) => `${enabled ? 'Switched on' : 'Switched off'} ${rule.name}`,
  })
  return (
    <Page
      title={rule.title || rule.name}
      actions={
        <>
          <Switch
            label="On"
            checked={rule.enabled}
            disabled={change.busy || !maySwitch}
            onChange={(enabled) => change.start(enabled)}
          />
          <Allowed area="automation-rules" role="operator">
            <Button disabled={!rule.enabled} onClick={() => fire(true)}>
              <Play size={14} aria-hidden /> Fire now
            </Button>
          </Allowed>
          <RuleActions rule={rule} onDeleted={() => void navigate({ to: '/rules', ignoreBlocker: true })} />
        </>
      }
    >
      <Address rule={rule} />
      <Tabs label="Parts of the rule" value={view} items={VIEWS} onChange={setView}>
        {(shown) => (
          <div className="pt-4">
            {shown === 'rule' ? (
              <RuleEditor key={rule.id} document={rule.definition} saved={rule.id} save={save} />
            ) : (
              <Firings rule={rule} open={open} onOpen={setOpen} />
            )}
          </div>
        )}
      </Tabs>
      <FireDialog
        rule={rule}
        open={firing}
        onOpenChange={fire}
        onFired={({ id }) => {
          setOpen(id)
          setView('firings')
        }}
      />
    </Page>
  )
}

function useSave(rule: Rule): (document: RuleDocument) => Promise<void> {
  const client = useQueryClient()
  const toast = useToast()
  const navigate = useNavigate()
  return async (document) => {
    const saved = await saveRule(rule.id, document)
    toast.done(`Saved ${saved.name}`)
    client.setQueryData(ruleQuery(saved.name).queryKey, saved)
    if (saved.name !== rule.name) {
      await navigate({ to: '/rules/$name', params: { name: saved.name }, replace: true, ignoreBlocker: true })
    }
    await Promise.all([['rules'], ['schedules']].map((queryKey) => client.invalidateQueries({ queryKey })))
  }
}

function Address({ rule }: { rule: Rule }) {
  const url = rule.trigger?.url
  if (!url) return null
  return (
    <p className="flex flex-wrap items-center gap-1.5">
      <span className="text-ink-soft">Its webhook:</span>
      <code className="font-mono text-xs break-all">{url}</code>
      <CopyButton text={url} label="Copy the address" />
      {rule.trigger?.signed === false && <span className="text-xs text-ink-faint">unsigned</span>}
    </p>
  )
}

interface FiringsProps {
  rule: Rule
  open: string | null
  onOpen: (id: string | null) => void
}

function Firings({ rule, open, onOpen }: FiringsProps) {
  return (
    <div className={open ? 'grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(380px,460px)]' : ''}>
      <Panel className={open ? 'max-xl:order-2' : ''}>
        <FiringList
          filter={{ rule: rule.id }}
          open={open}
          onOpen={onOpen}
          named={false}
          empty={
            <p>
              Each time, event or request that its trigger takes stands here, with what its conditions gave.
            </p>
          }
        />
      </Panel>
      {open && (
        <Beside key={open}>
          <FiringView key={open} id={open} onOpen={onOpen} onClose={() => onOpen(null)} />
        </Beside>
      )}
    </div>
  )
}
