/** One event in full, with links to its run and job. */
import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'

import type { HoldfastEvent, Json } from '../api/types'
import { Button } from '../ui/Button'
import { CopyButton } from '../ui/CopyButton'
import { absolute, clockTime } from '../ui/format'
import { JsonTree } from '../ui/JsonTree'
import { Panel } from '../ui/Page'

const LINK = 'rounded font-mono text-xs break-all text-accent hover:underline'

export function EventView({ event, onClose }: { event: HoldfastEvent; onClose: () => void }) {
  const { subject, attributes } = event as HoldfastEvent & { subject?: string | null; attributes?: Json }
  return (
    <Panel
      title={event.type}
      aside={
        <Button look="quiet" aria-label="Close the event" className="!px-1.5" onClick={onClose}>
          <X size={15} aria-hidden />
        </Button>
      }
    >
      <div className="space-y-4 p-4">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 [&_dd]:break-words [&_dt]:text-ink-faint">
          <dt>At</dt>
          <dd>
            {absolute(event.at)} ({clockTime(event.at)})
          </dd>
          <dt>Id</dt>
          <dd className="flex items-center gap-1 font-mono text-xs">
            {event.id} <CopyButton text={event.id} label="Copy the id" />
          </dd>
          {subject && <Fact name="Subject" value={subject} />}
          {event.node && <Fact name="Node" value={event.node} />}
          {event.run && (
            <>
              <dt>Run</dt>
              <dd>
                <Link to="/runs/$id" params={{ id: event.run }} className={LINK}>
                  {event.run}
                </Link>
              </dd>
            </>
          )}
          {event.job && (
            <>
              <dt>Job</dt>
              <dd>
                <Link to="/jobs/$id" params={{ id: event.job }} className={LINK}>
                  {event.job}
                </Link>
              </dd>
            </>
          )}
        </dl>
        <JsonTree value={event.data} label="the data" />
        {attributes !== undefined && <JsonTree value={attributes} label="the attributes" />}
      </div>
    </Panel>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
