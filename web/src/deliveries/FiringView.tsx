/**
 * One firing: its verdict and why, what it started, and what its expressions saw. A kept delivery can be started again.
 *
 * Whatever a sender wrote is shown as text.
 */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, RotateCcw, X } from 'lucide-react'
import { useState, type ReactNode } from 'react'

import { useCan } from '../access/useCan'
import { firingQuery, replayFiring, type Firing } from '../api/firings'
import { newKey } from '../api/http'
import type { Json } from '../api/types'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { CopyButton } from '../ui/CopyButton'
import { absolute, shortId } from '../ui/format'
import { JsonTree } from '../ui/JsonTree'
import { OwnerLink } from '../ui/OwnerLink'
import { Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'
import { useMutate } from '../ui/useMutate'
import { Outcome } from './FiringList'
import { VerdictBadge } from './VerdictBadge'
import {
  asText,
  conditionsIn,
  isObject,
  isReplayable,
  pairsOf,
  verdictOf,
  type ConditionTold,
} from './verdicts'

interface Props {
  id: string
  onOpen: (id: string) => void
  onClose: () => void
}

export function FiringView({ id, onOpen, onClose }: Props) {
  const { data, error, isPending, refetch } = useQuery(firingQuery(id))
  const mayReplay = useCan('firings', 'operator')
  return (
    <Panel
      title="Firing"
      aside={
        <span className="flex items-center gap-1">
          {data && mayReplay && isReplayable(data) && <Replay firing={data} onOpen={onOpen} />}
          <Button look="quiet" aria-label="Close the firing" className="!px-1.5" onClick={onClose}>
            <X size={15} aria-hidden />
          </Button>
        </span>
      }
    >
      {isPending ? (
        <Skeleton rows={4} />
      ) : error ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : (
        <Details firing={data} />
      )}
    </Panel>
  )
}

function Replay({ firing, onOpen }: { firing: Firing; onOpen: (id: string) => void }) {
  // One key for each time that this firing is looked at and replayed: a second click after a lost answer repeats nothing.
  const [key, renew] = useState(newKey)
  const replay = useMutate({
    run: () => replayFiring(firing.id, key),
    keys: [['firings']],
    done: (again) => `Replayed: ${verdictOf(again.verdict).label.toLowerCase()}`,
    onDone: (again) => {
      renew(newKey())
      onOpen(again.id)
    },
  })
  return (
    <Button look="quiet" busy={replay.busy} onClick={() => replay.start(undefined)}>
      <RotateCcw size={14} aria-hidden /> Replay
    </Button>
  )
}

function Details({ firing }: { firing: Firing }) {
  const { meaning } = verdictOf(firing.verdict)
  const conditions = conditionsIn(firing.detail)
  const replayed = firing.given?.['replay_of']
  return (
    <div className="space-y-4 p-4">
      <div className="space-y-1.5">
        <VerdictBadge verdict={firing.verdict} />
        <p className="break-words text-ink-soft">{firing.reason || meaning}</p>
      </div>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 [&_dd]:break-words [&_dt]:text-ink-faint">
        <Fact name="Trigger">
          <OwnerLink owner={firing.owner} /> <span className="text-ink-soft">{firing.trigger}</span>
        </Fact>
        <Fact name="Kind">{firing.type}</Fact>
        <Fact name="At">
          {absolute(firing.at)} (<Ago at={firing.at} />)
        </Fact>
        {firing.fire_at && <Fact name="Nominal time">{absolute(firing.fire_at)}</Fact>}
        {firing.event && <Fact name="Event">{firing.event}</Fact>}
        {firing.delivery && <Fact name="Delivery">{firing.delivery}</Fact>}
        {typeof replayed === 'string' && (
          <Fact name="Replay of">
            <Link
              to="/deliveries"
              search={{ firing: replayed }}
              className="rounded font-mono text-xs text-accent hover:underline"
            >
              {shortId(replayed)}
            </Link>
          </Fact>
        )}
        {firing.backfill && <Fact name="Backfill">{firing.backfill}</Fact>}
        {(firing.run !== null || firing.jobs.length > 0) && (
          <Fact name="Started">
            <Outcome firing={firing} />
          </Fact>
        )}
      </dl>
      {conditions.length > 0 && <Conditions conditions={conditions} />}
      {conditions.length === 0 && firing.detail !== null && (
        <Section title="Detail">
          <JsonTree value={firing.detail} label="the detail" />
        </Section>
      )}
      <Given given={firing.given ?? null} type={firing.type} />
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}

function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="space-y-1.5">
      <div className="flex items-center justify-between">
        <h3 className="text-xs font-medium text-ink-faint">{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  )
}

export function Conditions({ conditions }: { conditions: readonly ConditionTold[] }) {
  return (
    <Section title="Conditions">
      <ul className="space-y-1">
        {conditions.map((each, index) => {
          const Icon = each.met ? Check : X
          return (
            <li key={index} data-tone={each.met ? 'success' : 'failure'} className="flex gap-2">
              <Icon
                size={14}
                className="mt-0.5 shrink-0 text-tone"
                aria-label={each.met ? 'met' : 'not met'}
              />
              <div className="min-w-0">
                <code className="block font-mono text-xs break-words">{each.condition}</code>
                {each.reason && <span className="text-xs break-words text-ink-soft">{each.reason}</span>}
              </div>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}

function Given({ given, type }: { given: { [key: string]: Json } | null; type: string }) {
  if (given === null) {
    return <p className="text-ink-faint">Nothing of its content is kept.</p>
  }
  if (type !== 'webhook') {
    return (
      <Section title="What expressions saw as trigger">
        <JsonTree value={given} label="the trigger" />
      </Section>
    )
  }
  return (
    <>
      <Section title="Request">
        <p className="font-mono text-xs break-all">
          {asText(given['method'] ?? '')} {asText(given['path'] ?? '')}
        </p>
      </Section>
      <Pairs title="Query" pairs={pairsOf(given['query'])} />
      <Pairs title="Headers" pairs={pairsOf(given['headers'])} />
      <Body body={given['body'] ?? null} />
    </>
  )
}

function Pairs({ title, pairs }: { title: string; pairs: [string, string][] }) {
  if (pairs.length === 0) return null
  return (
    <Section title={title}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 rounded-md border border-line bg-page px-3 py-2 font-mono text-xs">
        {pairs.map(([name, value]) => (
          <Fact key={name} name={name}>
            <span className="break-all">{value}</span>
          </Fact>
        ))}
      </dl>
    </Section>
  )
}

function Body({ body }: { body: Json }) {
  if (body === null || body === '') return <p className="text-ink-faint">It had no body.</p>
  if (isObject(body) || Array.isArray(body)) {
    return (
      <Section title="Body">
        <JsonTree value={body} label="the body" />
      </Section>
    )
  }
  const text = asText(body)
  return (
    <Section title="Body" aside={<CopyButton text={text} label="Copy the body" />}>
      <pre className="max-h-80 overflow-auto rounded-md border border-line bg-page px-3 py-2 font-mono text-xs break-words whitespace-pre-wrap">
        {text}
      </pre>
    </Section>
  )
}
